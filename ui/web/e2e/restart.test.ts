import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Restart
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    time: measured
    fields:
      temp: { unit: °C, range: [0, 60] }
      state: { type: text }
  number: { type: dashboard-widget, from: fan, widget: value, fields: [temp], span: 1 h }
  trend: { type: dashboard-widget, from: fan, widget: chart, fields: [temp], span: 1 h }
  states: { type: dashboard-widget, from: fan, widget: timeline, fields: [state], span: 1 h }
`;
const MINUTE_MS = 60_000;

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

/** At which share of its height the chart's curve ends, by the pixels of its canvas: those are the only blue ones. */
function curveEnd(page: Page): Promise<number> {
  return page.evaluate(() => {
    const chart = document.querySelector('[data-widget-id="trend"]');
    const [canvas, plot] = [chart?.querySelector('canvas'), chart?.querySelector('.u-over')];
    if (!canvas || !plot) return Number.NaN;
    const [whole, inner] = [canvas.getBoundingClientRect(), plot.getBoundingClientRect()];
    const scale = canvas.width / whole.width;
    const [left, top, width, height] = [
      inner.left - whole.left,
      inner.top - whole.top,
      inner.width,
      inner.height,
    ].map((length) => Math.round(length * scale)) as [number, number, number, number];
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    if (copy === null) return Number.NaN;
    copy.drawImage(canvas, -left, -top);
    const { data } = copy.getImageData(0, 0, width, height);
    for (let x = width - 1; x >= 0; x -= 1) {
      const rows = Array.from({ length: height }, (_, y) => y).filter((y) => {
        const at = (y * width + x) * 4;
        const [red = 0, , blue = 0, alpha = 0] = data.subarray(at, at + 4);
        return alpha > 100 && blue - red > 40;
      });
      if (rows.length > 0) return 1 - rows.reduce((sum, y) => sum + y + 0.5, 0) / rows.length / height;
    }
    return Number.NaN;
  });
}

test('a page that is opened again has the history', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const nowMs = Date.now();
  const readings = [
    { measured: nowMs - 50 * MINUTE_MS, temp: 12.5, state: 'starting' },
    { measured: nowMs - 25 * MINUTE_MS, temp: 48.5, state: 'hot' },
    { measured: nowMs, temp: 30.5, state: 'running' },
  ];
  for (const reading of readings) {
    send(program, 'fan', reading);
    await until(page, 'trend', 'temp', `${reading.temp}`);
  }
  await page.reload();
  await until(page, 'number', 'temp', '30.5');
  await page.locator('[data-widget-id="number"]', { hasText: '+18.0 in 50 min' }).waitFor();
  for (const { state } of readings)
    await page.locator(`[data-widget-id="states"] li[title="${state}"]`).waitFor({ state: 'attached' });

  // The curve ends where the last reading stands in the range of the field.
  await expect.poll(() => curveEnd(page)).toBeCloseTo(30.5 / 60, 1);

  // The cursor on the curve reads the earliest point.
  const plot = await page.locator('[data-widget-id="trend"] .u-over').boundingBox();
  if (plot === null) throw new Error('the chart has no plot');
  const [first] = readings;
  await page.mouse.move(plot.x + plot.width / 6, plot.y + plot.height / 2);
  await until(page, 'trend', 'temp', `${first?.temp}`);
  expect(complaints).toEqual([]);
  await page.close();
});

test('the page tells that the engine is gone, and finds it again by itself', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  const line = page.locator('[data-connection]');
  const says = (word: string): Promise<void> => line.filter({ hasText: word }).waitFor();
  send(program, 'fan', { measured: Date.now(), temp: 21.5, state: 'before' });
  await until(page, 'number', 'temp', '21.5');
  await says('LIVE');
  await page.evaluate(() => (document.body.dataset['loadedOnce'] = 'yes'));

  await program.kill();
  await says('DISCONNECTED');
  program = await start(program.folder, program.listen);
  await line.and(page.locator(':not([data-connection="disconnected"])')).waitFor();
  send(program, 'fan', { measured: Date.now(), temp: 22.5, state: 'after' });
  await until(page, 'number', 'temp', '22.5');
  await says('LIVE');
  expect(await page.evaluate(() => document.body.dataset['loadedOnce'])).toBe('yes');
  await page.close();
});
