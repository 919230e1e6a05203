import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, shown, until, watch } from './browser';
import { flowFolder, nextMessage, publish, start, type Program } from './program';

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
      code: { type: integer, labels: { 0: Normal, 1: Overcurrent } }
      state: { type: text }
  dial: { type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }
  number: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }
  trend: { type: dashboard-widget, from: fan, widget: chart, fields: [temp] }
  lamp: { type: dashboard-widget, from: fan, widget: status, fields: [state], alert: code != 0, popup: true }
  states: { type: dashboard-widget, from: fan, widget: timeline, fields: [code] }
  words: { type: dashboard-widget, from: fan, widget: text, fields: [state] }
  todo: { type: dashboard-widget, from: fan, widget: advice, fields: [state], alert: code != 0 }
  log: { type: csv-sink, from: fan, file: log.csv }
  twin: { type: mqtt-out, from: fan, broker: plant, topic: twin }
`;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  program = await start(flowFolder(FLOW));
});
afterAll(async () => {
  await browser.close();
});

test('a reading shows in every kind of widget, in the file, and on the way out', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await page.waitForSelector('[data-connection]');
  const out = nextMessage(program, 'twin');
  publish(program, 'fan', '{"temp": 41.5, "code": 1, "state": "running"}');
  for (const widget of ['dial', 'number', 'trend']) await until(page, widget, 'temp', '41.5');
  for (const widget of ['lamp', 'words', 'todo']) await until(page, widget, 'state', 'running');
  await until(page, 'states', 'code', 'Overcurrent');
  await page.waitForSelector('[data-toast="lamp"]');
  expect(JSON.parse(await out)).toMatchObject({ temp: 41.5, code: 1, state: 'running' });
  publish(program, 'fan', '{"temp": 20.25, "code": 0, "state": "idle"}');
  await until(page, 'words', 'state', 'idle');
  await until(page, 'states', 'code', 'Normal');
  expect(complaints).toEqual([]);
  await page.close();
});

test('broken readings are counted by kind, and the next good one shows', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  const broken = [
    'no JSON',
    '{"temp": 1}',
    '{"temp": "x", "code": 0, "state": ""}',
    '{"temp": NaN}',
    'x'.repeat(1e6),
  ];
  for (const payload of broken) publish(program, 'fan', payload);
  publish(program, 'fan', '{"temp": 33.25, "code": 0, "state": "well again"}');
  await until(page, 'words', 'state', 'well again');
  await page.waitForSelector('[data-problems="5"]');
  await page.click('[data-problems]');
  for (const kind of ['not JSON', 'missing field', 'wrong type', 'not a number', 'too large'])
    await page.getByText(kind).first().waitFor();
  await page.close();
});

test('the page finds a restarted engine again', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  await page.waitForSelector('[data-connection="live"], [data-connection="delayed"]');
  await program.kill();
  await page.waitForSelector('[data-connection="disconnected"]');
  program = await start(program.folder, program.port);
  publish(program, 'fan', '{"temp": 12.5, "code": 0, "state": "back"}');
  await page.waitForSelector('[data-connection="live"]');
  await until(page, 'words', 'state', 'back');
  expect(await shown(page, 'number', 'temp')).toContain('12.5');
  await page.close();
});

test('a reload keeps the history, and the program ends in order', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  await until(page, 'number', 'temp', '12.5');
  await page.reload();
  await until(page, 'number', 'temp', '12.5');
  await page.close();
  expect(await program.stop()).toBe(0);
  const log = readFileSync(join(program.folder, 'log.csv'), 'utf8');
  expect(log.split('\n')[0]).toBe('time,key,temp [°C],code,state');
  for (const text of ['41.5,1,running', '33.25,0,well again', '12.5,0,back']) expect(log).toContain(text);
});
