/** Takes the pictures of the documents: `UPDATE_PICTURES=1 npm run e2e`. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { send } from './mosquitto';
import { fanFlow, flowFolder, ROOT, start, type Program } from './program';

const FOLDER = join(ROOT, 'docs/images');
const MOST_BYTES = 100_000;
const QUALITY = 82;
const SIZES = [
  [1440, 900],
  [768, 1024],
  [390, 844],
] as const;

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

/** As WebP, which Playwright does not make by itself. */
async function picture(page: Page, name: string): Promise<void> {
  const path = join(FOLDER, `${name}.webp`);
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  writeFileSync(path, Buffer.from(data, 'base64'));
  expect(statSync(path).size).toBeLessThan(MOST_BYTES);
}

test('pictures of a fault after some minutes of history', async () => {
  mkdirSync(FOLDER, { recursive: true });
  // The simulated machine lives in real time, and a picture of five minutes takes them.
  for (const { fault, seconds } of PAST) {
    inject(fault);
    await new Promise((done) => setTimeout(done, seconds * 1000));
  }
  inject('imbalance');
  for (const [width, height] of SIZES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(program.url);
      await page.locator('[data-widget-id="alerts"][data-level="alarm"]').waitFor();
      await page.locator('[data-widget-id="alerts"]', { hasText: 'Mechanical Imbalance' }).waitFor();
      await page.locator('[data-widget-id="trends.temp"] canvas').waitFor();
      // The charts ask for what was before, and draw it when it comes.
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await page.waitForTimeout(1_500);
      await picture(page, `overview-${width}-${colorScheme}`);
      await page.close();
    }
  }

  const wide = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  await wide.goto(program.url);
  await wide.locator('[data-worst-alarm]').waitFor();
  await wide.locator('[data-alarm-panel-button]').click();
  await wide.locator('#alarm-panel [data-alarm]').first().waitFor();
  await wide.waitForTimeout(1_500);
  await picture(wide, 'alarms');

  await wide.goto(`${program.url}flow#node=kpis`);
  await wide.locator('[data-records] tbody tr').nth(8).waitFor();
  await picture(wide, 'flow');
});
