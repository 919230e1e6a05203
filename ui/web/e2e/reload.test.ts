import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const flow = (formula: string, more = ''): string => `
twinflow: 1
name: Reload
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    time: measured
    fields: { current: { unit: A } }
  kpis: { type: kpi, from: fan, values: { power: ${formula}, charge: integral(current) } }
  number: { type: dashboard-widget, from: kpis, widget: value, fields: [power] }
  total: { type: dashboard-widget, from: kpis, widget: value, fields: [charge] }
${more}`;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(flow('230 V * current')));
  return async () => expect(await program.stop()).toBe(0);
});

test('an open page follows the flow file, and tells when it is wrong', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const save = (text: string): void => writeFileSync(join(program.folder, 'flow.yaml'), text);
  const begin = Date.now() - 10_000;
  let readings = 0;
  const measure = (): void => send(program, 'fan', { measured: begin + 1000 * readings++, current: 2 });
  measure();
  measure();
  await until(page, 'number', 'power', '460.0');
  await until(page, 'total', 'charge', '2.000');
  await page.evaluate(() => (document.body.dataset['loadedOnce'] = 'yes'));

  save(flow('230 Volts * current'));
  const fault = page.locator('[data-flow-fault]', { hasText: 'The flow from before runs on.' });
  await fault.waitFor();
  await fault.click();
  await fault.locator('pre', { hasText: 'flow.yaml:12:' }).waitFor();
  measure();
  await until(page, 'total', 'charge', '4.000');

  const added = '  trend: { type: dashboard-widget, from: kpis, widget: chart, fields: [power] }';
  save(flow('100 V * current', added));
  await page.locator('[data-widget-id="trend"] canvas').waitFor();
  await fault.waitFor({ state: 'detached' });
  measure();
  await until(page, 'number', 'power', '200.0');
  // What it remembers survives the edit of its node.
  await until(page, 'total', 'charge', '6.000');
  expect(await page.evaluate(() => document.body.dataset['loadedOnce'])).toBe('yes');
  expect(complaints).toEqual([]);
  await page.close();
});
