import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, watch } from './browser';
import { flowFolder, replay, type Program } from './program';

const SPEED = 5;
const FLOW = `
twinflow: 1
name: A day of last winter
brokers: { plant: embedded }
nodes:
  oven: { type: mqtt-in, broker: plant, topic: oven, fields: { temp: { unit: °C, range: [0, 100] } } }
  trend: { type: dashboard-widget, from: oven, widget: chart, fields: [temp] }
  number: { type: dashboard-widget, from: oven, widget: value, fields: [temp] }
  log: { type: csv-sink, from: oven, file: written.csv }
`;

/** Half an hour of readings, five a second. */
function log(): string {
  const start = Date.UTC(2026, 0, 15, 6, 0, 0);
  const rows = Array.from({ length: 9000 }, (_, i) => {
    const temp = 50 + 30 * Math.sin(i / 200);
    return `${new Date(start + i * 200).toISOString()},,${temp.toFixed(2)}`;
  });
  return ['time,key,temp [°C]', ...rows, ''].join('\n');
}

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  const folder = flowFolder(FLOW);
  writeFileSync(join(folder, 'log.csv'), log());
  program = await replay(folder, SPEED);
  return async () => expect(await program.stop()).toBe(0);
});

test('a log is shown by its own clock, faster, and nothing is written', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await page.locator('[data-connection="live"]', { hasText: `REPLAY ×${SPEED}` }).waitFor();
  // The clock of the header is that of the log, wherever the browser's time zone puts it.
  const shown = await page.locator('header time').textContent();
  const hour = new Date(Date.UTC(2026, 0, 15, 6)).getHours();
  expect(shown?.startsWith(String(hour).padStart(2, '0'))).toBe(true);
  const value = page.locator('[data-widget-id="number"]');
  const first = await value.textContent();
  await expect.poll(() => value.textContent()).not.toBe(first);
  expect(existsSync(join(program.folder, 'written.csv'))).toBe(false);
  expect(complaints).toEqual([]);
  await page.close();
});
