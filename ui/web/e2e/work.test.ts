import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send, subscribe } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Work
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  oven:
    type: mqtt-in
    broker: plant
    topic: oven
    fields:
      temp:   { unit: °C, range: [0, 100], title: Temperature }
      energy: { unit: Wh, range: [0, 10000] }
      state:  { type: text }
  cooling:
    type: pid
    from: oven
    field: temp
    setpoint: 50 °C
    sends: fan_pct
    unit: "%"
    range: [0, 100]
    action: direct
    gain: 2 %/K
    integral_time: 1000 s
    stale: 20 s
    safe: 100 %
    start: manual
  trial:
    type: experiment
    from: oven
    folder: data/runs
    parameters: { heat: { options: [{ value: 100, label: Low }, { value: 400, label: High }] } }
    phases:
      before: { for: 1 s, send: { heat_w: 0 } }
      step:   { for: 600 s, send: { heat_w: $heat } }
      after:  { for: 1 s, send: { heat_w: 0 } }
  use: { type: totals, from: oven, fields: [energy], cost: { price: 0.5, per: kWh, currency: € } }
  log: { type: csv-sink, from: oven, file: data/oven.csv, show: { title: Oven, fields: [temp] } }
  commands: { type: mqtt-out, from: [cooling, trial], broker: plant, topic: oven/command }
`;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(FLOW));
  return async () => expect(await program.stop()).toBe(0);
});

const report = (temp: number, energy: number): void => send(program, 'oven', { temp, energy, state: 'on' });

test('a faceplate shows the loop, and takes it over by hand and gives it back', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  report(60, 0);
  const loop = page.locator('[data-widget-id="cooling"]');
  await until(page, 'cooling', 'measured', '60.0');
  await until(page, 'cooling', 'setpoint', '50.0');
  await loop.locator('[data-loop-mode="manual"]').waitFor();
  expect(await loop.locator('[data-loop-deviation]').textContent()).toContain('10.0');

  // What is typed goes to the machine.
  const byHand = await subscribe(program, 'oven/command');
  await loop.locator('[data-loop-set="output"] input').fill('35');
  await loop.locator('[data-loop-set="output"] input').press('Enter');
  expect(JSON.parse(await byHand.next)).toMatchObject({ fan_pct: 35 });
  await until(page, 'cooling', 'output', '35.0');

  // From there the controller goes on, 10 K above its set-point: no bump, and up.
  await loop
    .getByRole('radio', { name: 'Automatic' })
    .or(loop.getByRole('button', { name: 'Automatic' }))
    .click();
  await loop.locator('[data-loop-mode="automatic"]').waitFor();
  report(60, 0);
  const output = async (): Promise<number> =>
    Number(await loop.locator('[data-field="output"]').textContent());
  await expect.poll(output).toBeGreaterThanOrEqual(35);
  expect(await output()).toBeLessThan(40);
  expect(complaints).toEqual([]);
  await page.close();
});

test('an experiment is started with what is chosen, stopped, and its file can be taken away', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  report(60, 0);
  const trial = page.locator('[data-widget-id="trial"]');
  await trial.locator('[data-parameter="heat"]').selectOption({ label: 'High' });
  await trial.locator('[data-experiment-note]').fill('first of all');
  await trial.locator('[data-experiment-start]').click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await trial.locator('[data-experiment-phase]', { hasText: 'step' }).waitFor();
  report(61.5, 0);
  const run = await trial.locator('[data-experiment-run]').textContent();
  await trial.locator('[data-experiment-stop]').click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  const row = trial.locator(`[data-run="${run}"][data-run-outcome="stopped"]`);
  await row.waitFor();
  expect(await row.textContent()).toContain('first of all');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    row.getByRole('link', { name: /csv/i }).click(),
  ]);
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).toContain('temp [°C]');
  expect(text).toContain(',61.5,');
  expect(complaints).toEqual([]);
  await page.close();
});

test('totals say what was counted, and a log shows what its file holds', async () => {
  report(20, 1000);
  report(21, 3500);
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await until(page, 'use', 'energy', '3500 Wh');
  expect(await page.locator('[data-widget-id="use"] [data-totals-cost="energy"]').textContent()).toContain(
    '1.75',
  );
  const log = page.locator('[data-widget-id="log"]');
  await log.locator('[data-log-file]').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    log.locator('[data-log-download]').click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toContain(',21,3500,on');
  expect(complaints).toEqual([]);
  await page.close();
});
