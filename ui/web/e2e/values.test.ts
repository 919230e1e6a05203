import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
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
  words_of_ours: { type: note, title: When it is hot, text: "Call **the shift**." }
  log: { type: csv-sink, from: fan, file: log.csv }
  twin: { type: mqtt-out, from: fan, broker: plant, topic: twin }
`;
const LABELS = ['Normal', 'Overcurrent'];
/** All kinds but those that set a value. */
/** `controls.test.ts` and `work.test.ts` try the others. */
const ELSEWHERE: readonly string[] = [...CONTROL_KINDS, 'loop', 'experiment', 'totals', 'log'];
const SHOWING = WIDGET_KINDS.filter((kind) => !ELSEWHERE.includes(kind));
const RANGE = 60;

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

/** How far the bar is filled, of its whole length. */
function barShare(page: Page): Promise<number> {
  return page.evaluate(() => {
    const width = (at: string): number =>
      document.querySelector(`[data-widget-id="level"] ${at}`)?.getBoundingClientRect().width ?? Number.NaN;
    return width('.amount') / width('.track');
  });
}

/** Where the needle of the dial stands, of the half circle from left to right. */
function needleShare(page: Page): Promise<number> {
  return page.evaluate(() => {
    const needle = document.querySelector<SVGPathElement>('[data-widget-id="dial"] .needle');
    if (needle === null) return Number.NaN;
    const [from, to] = [needle.getPointAtLength(0), needle.getPointAtLength(needle.getTotalLength())];
    return Math.atan2(to.y - from.y, to.x - from.x) / Math.PI + 1;
  });
}

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
    // Beside the words, what is drawn, and what is said of it to those who do not see it.
    for (const widget of ['dial', 'level']) {
      const meter = page.locator(`[data-widget-id="${widget}"] [role="meter"]`);
      await expect.poll(() => meter.getAttribute('aria-valuenow')).toBe(String(reading.temp));
      expect(await meter.getAttribute('aria-valuetext')).toBe(`${reading.temp} °C`);
    }
    await expect.poll(() => barShare(page)).toBeCloseTo(reading.temp / RANGE, 2);
    await expect.poll(() => needleShare(page)).toBeCloseTo(reading.temp / RANGE, 2);
    await page.locator('[data-widget-id="states"] li.now', { hasText: label }).waitFor();
    await page.locator('[data-widget-id="map"] li', { hasText: String(reading.temp) }).waitFor();
    const alert = page.locator('[data-widget-id="lamp"]');
    await expect.poll(() => alert.getAttribute('data-level')).toBe(reading.code === 0 ? 'normal' : 'alarm');
    expect(JSON.parse(await twin.next)).toMatchObject(reading);
    const { temp, share, code, state, advice } = reading;
    await expect
      .poll(() => readFileSync(join(program.folder, 'log.csv'), 'utf8'))
      .toContain(`,${temp},${share},${code},${state},${advice}\n`);
  }
  await page.locator('[data-toast="lamp"]', { hasText: 'running' }).waitFor();
  const [first, last] = readings.map(({ temp }) => temp);
  // All of them at once: the histogram counts both, the table has both, the newest above.
  await until(page, 'spread', 'temp', (((first ?? 0) + (last ?? 0)) / 2).toFixed(1));
  await page.locator('[data-widget-id="spread"] .scale', { hasText: '2 values' }).waitFor();
  const column = page.locator('[data-widget-id="rows"] tbody td:first-child');
  expect(await column.allTextContents()).toEqual([String(last), String(first)]);
  await page.locator('[data-kind="markdown"] strong', { hasText: 'the shift' }).waitFor();
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
