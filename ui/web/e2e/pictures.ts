/** Takes the pictures of the documents: `UPDATE_PICTURES=1 npm run e2e`. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { send } from './mosquitto';
import { fanFlow, flowFolder, ROOT, start, type Program } from './program';

const FOLDER = join(ROOT, 'docs/images');
const MOST_BYTES = 200_000;

/** What the curves of the last minutes show, and for how long. */
const PAST = [
  { fault: 'none', seconds: 60 },
  { fault: 'overcurrent', seconds: 30 },
  { fault: 'none', seconds: 60 },
  { fault: 'cooling_degradation', seconds: 40 },
  { fault: 'none', seconds: 70 },
  { fault: 'thermal_overload', seconds: 20 },
  { fault: 'none', seconds: 40 },
] as const;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(fanFlow()));
  return async () => expect(await program.stop()).toBe(0);
});

function inject(fault: string): void {
  send(program, 'factory/fan/command', { fault: { class: fault, severity: 0.9 } });
}

async function picture(page: Page, name: string): Promise<void> {
  const path = join(FOLDER, name);
  await page.screenshot({ path });
  expect(statSync(path).size).toBeLessThan(MOST_BYTES);
}

test('pictures of a fault after some minutes of history', async () => {
  mkdirSync(FOLDER, { recursive: true });
  const wide = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  await wide.goto(program.url);
  // The simulated machine lives in real time, and a picture of five minutes takes them.
  for (const { fault, seconds } of PAST) {
    inject(fault);
    await wide.waitForTimeout(seconds * 1000);
  }
  inject('imbalance');
  await wide.waitForTimeout(12_000);
  await wide.locator('[data-toast="alerts"]:not(.over)', { hasText: 'Mechanical Imbalance' }).waitFor();
  await picture(wide, 'dashboard-dark.png');

  const phone = await browser.newPage({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    colorScheme: 'light',
  });
  await phone.goto(program.url);
  await phone.locator('[data-widget-id="alerts"][data-level="alarm"]').waitFor();
  await phone.locator('[data-widget-id="trends.temp"] canvas').waitFor();
  await picture(phone, 'dashboard-phone.png');
});
