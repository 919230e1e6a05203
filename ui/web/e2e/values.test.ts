import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { CONTROL_KINDS, WIDGET_KINDS } from '../src/protocol';
import { launch, until, watch } from './browser';
import { publish, send, subscribe } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Every widget
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields:
      temp: { unit: °C, range: [0, 60], title: Temperature }
      share: { unit: "%", range: [0, 100] }
      code: { type: integer, labels: { 0: Normal, 1: Overcurrent } }
      state: { type: text }
      advice: { type: text }
  dial: { type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }
  number: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }
  trend: { type: dashboard-widget, from: fan, widget: chart, fields: [temp] }
  lamp: { type: dashboard-widget, from: fan, widget: status, fields: [state], alert: code != 0, popup: true }
  states: { type: dashboard-widget, from: fan, widget: timeline, fields: [code] }
  words: { type: dashboard-widget, from: fan, widget: text, fields: [state] }
  todo: { type: dashboard-widget, from: fan, widget: advice, fields: [code, share, advice], alert: code != 0 }
  level: { type: dashboard-widget, from: fan, widget: bar, fields: [temp] }
  rows: { type: dashboard-widget, from: fan, widget: table, fields: [temp, state] }
  spread: { type: dashboard-widget, from: fan, widget: histogram, fields: [temp] }
  map: { type: dashboard-widget, from: fan, widget: heat-map, fields: [temp] }
  log: { type: csv-sink, from: fan, file: log.csv }
  twin: { type: mqtt-out, from: fan, broker: plant, topic: twin }
`;
const LABELS = ['Normal', 'Overcurrent'];
/** The kinds that show a reading: not those that set one, nor plain words. */
const SHOWING = WIDGET_KINDS.filter(
  (kind) => kind !== 'markdown' && !CONTROL_KINDS.some((control) => control === kind),
);

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

test('a reading shows in every kind of widget, in the file, and on the way out', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await page.locator('[data-widget-id]').first().waitFor();
  const kinds = await page
    .locator('[data-kind]')
    .evaluateAll((widgets) => widgets.map((widget) => widget.getAttribute('data-kind')));
  expect(new Set(kinds)).toEqual(new Set(SHOWING));

  const readings = [
    { temp: 41.5, share: 87.5, code: 1, state: 'running', advice: 'Check the motor.' },
    { temp: 20.3, share: 12.5, code: 0, state: 'idle', advice: 'Nothing to do.' },
  ];
  for (const reading of readings) {
    const twin = await subscribe(program, 'twin');
    send(program, 'fan', reading);
    const label = LABELS[reading.code] ?? '';
    for (const widget of ['dial', 'number', 'trend', 'level', 'rows'])
      await until(page, widget, 'temp', `${reading.temp}`);
    for (const widget of ['lamp', 'words']) await until(page, widget, 'state', reading.state);
    for (const widget of ['states', 'todo']) await until(page, widget, 'code', label);
    await until(page, 'todo', 'share', `${reading.share} %`);
    await until(page, 'todo', 'advice', reading.advice);
    const alert = page.locator('[data-widget-id="lamp"]');
    await expect.poll(() => alert.getAttribute('data-level')).toBe(reading.code === 0 ? 'normal' : 'alarm');
    expect(JSON.parse(await twin.next)).toMatchObject(reading);
    const { temp, share, code, state, advice } = reading;
    await expect
      .poll(() => readFileSync(join(program.folder, 'log.csv'), 'utf8'))
      .toContain(`,${temp},${share},${code},${state},${advice}\n`);
  }
  await page.locator('[data-toast="lamp"]', { hasText: 'running' }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

test('broken readings are counted by kind, and the next good one shows', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const good = { temp: 33.2, share: 50, code: 0, state: 'well again', advice: 'None.' };
  const { temp: _, ...withoutTemp } = good;
  const broken = {
    'not JSON': 'temp=33.2',
    'missing field': JSON.stringify(withoutTemp),
    'wrong type': JSON.stringify({ ...good, temp: 'hot' }),
    'not a number': JSON.stringify(good).replace('33.2', 'NaN'),
    'too large': 'x'.repeat(1_000_000),
  };
  for (const payload of Object.values(broken)) publish(program, 'fan', payload);
  await page.locator(`[data-problems="${Object.keys(broken).length}"]`).click();
  for (const kind of Object.keys(broken)) {
    const line = page.locator('#problem-list li').filter({ has: page.getByText(kind, { exact: true }) });
    await line.filter({ hasText: 'fan' }).filter({ hasText: '1 ×' }).waitFor();
  }
  send(program, 'fan', good);
  await until(page, 'words', 'state', good.state);
  await until(page, 'dial', 'temp', `${good.temp}`);
  expect(complaints).toEqual([]);
  await page.close();
});
