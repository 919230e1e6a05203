import type { Browser, Locator } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send, subscribe } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Controls
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { speed: { unit: "%", range: [0, 100], title: Speed } }
  speed: { type: control, from: fan, widget: slider, field: speed, sends: speed_pct, step: 5 }
  commands: { type: mqtt-out, from: speed, broker: plant, topic: fan/command }
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

const wish = (widget: Locator, state: string): Promise<void> =>
  widget.locator(`[data-wish="${state}"]`).waitFor();

test('a slider reaches the machine, and follows what the machine answers', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const widget = page.locator('[data-widget-id="speed"]');
  send(program, 'fan', { speed: 40 });
  await until(page, 'speed', 'speed', '40.0 %');

  const command = await subscribe(program, 'fan/command');
  await widget.locator('input[type="range"]').fill('60');
  await wish(widget, 'pending');
  expect(JSON.parse(await command.next)).toMatchObject({ speed_pct: 60 });
  send(program, 'fan', { speed: 60 });
  await until(page, 'speed', 'speed', '60.0 %');
  await wish(widget, 'none');
  expect(complaints).toEqual([]);
  await page.close();
});

test('a value that is refused is explained, and the slider goes back', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const widget = page.locator('[data-widget-id="speed"]');
  send(program, 'fan', { speed: 40 });
  await until(page, 'speed', 'speed', '40.0 %');
  const slider = widget.locator('input[type="range"]');
  // No slider of ours goes so far; a page that somebody has tampered with might.
  await slider.evaluate((input: HTMLInputElement) => {
    input.max = '200';
    input.value = '150';
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await wish(widget, 'refused');
  await widget.getByText('150 % is above 100 %').waitFor();
  await expect.poll(() => slider.inputValue()).toBe('40');
  // The refusal is the only complaint: of the browser, and of what watches its answers.
  expect(complaints.filter((complaint) => !complaint.includes('422'))).toEqual([]);
  expect(complaints).not.toEqual([]);
  await page.close();
});
