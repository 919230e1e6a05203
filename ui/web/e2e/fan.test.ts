import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { ROOT, fanFlow, flowFolder, publish, start, type Program } from './program';

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  program = await start(flowFolder(fanFlow()));
});
afterAll(async () => {
  await browser.close();
  expect(await program.stop()).toBe(0);
});

function fault(name: string): void {
  publish(program, 'factory/fan/command', JSON.stringify({ fault: { class: name, severity: 0.9 } }));
}

/** Pictures for the documents, when they are asked for. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_PICTURES'] === undefined) return;
  const folder = join(ROOT, 'docs/images');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name.includes('phone') });
}

test('each fault is named, brings its notice and its advice, and goes', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await until(page, 'class', 'fault_label', 'Normal Operation');
  const labels = { overcurrent: 'Overcurrent Fault', imbalance: 'Mechanical Imbalance' };
  for (const [name, label] of Object.entries(labels)) {
    fault(name);
    await until(page, 'class', 'fault_label', label);
    await until(page, 'advice', 'fault_label', label);
    await page.waitForSelector('[data-toast="alerts"]');
    if (name === 'imbalance') await picture(page, 'dashboard-dark');
    fault('none');
    await until(page, 'class', 'fault_label', 'Normal Operation');
    await page.waitForSelector('[data-toast="alerts"]', { state: 'detached' });
  }
  expect(complaints).toEqual([]);
  await page.close();
});

test.each([390, 768, 1440])(
  'at %i px nothing is cut off and nothing complains, light and dark',
  async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const complaints = watch(page, program.url);
      await page.goto(program.url);
      await page.waitForSelector('[data-widget-id="trends.temp"][data-condition="fresh"]');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      if (width === 390 && colorScheme === 'light') await picture(page, 'dashboard-phone');
      expect(complaints).toEqual([]);
      await page.close();
    }
  },
);

test('the API documents load without the internet and can be tried out', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(`${program.url}docs/`);
  await page.getByText('/predict').first().waitFor();
  const answer = await page.evaluate(async () => {
    const reading = {
      temp: 31,
      rpm: 1850,
      current: 1,
      vibration: 0.09,
      power: 230,
      cooling_rate: 0,
      thermal_efficiency: 0,
    };
    const response = await fetch('/predict', { method: 'POST', body: JSON.stringify(reading) });
    return (await response.json()) as unknown;
  });
  expect(answer).toMatchObject({ fault_code: 3, fault_label: 'Mechanical Imbalance' });
  expect(complaints).toEqual([]);
  await page.close();
});
