import type { Browser, Locator } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { CONTROL_KINDS } from '../src/protocol';
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
    fields:
      speed: { unit: "%", range: [0, 100], title: Speed }
      power: { type: boolean, optional: true, title: Power }
      mode: { type: integer, optional: true, labels: { 0: Automatic, 1: By hand } }
  speed: { type: control, from: fan, widget: slider, field: speed, sends: speed_pct, step: 5 }
  exact: { type: control, from: fan, widget: number, field: speed, sends: exact_pct }
  power: { type: control, from: fan, widget: switch, field: power, sends: power }
  mode: { type: control, from: fan, widget: select, field: mode, sends: mode }
  stop: { type: control, from: fan, widget: button, sends: stop, value: true, title: Stop, confirm: Stop the fan? }
  commands: { type: mqtt-out, from: [speed, exact, power, mode, stop], broker: plant, topic: fan/command }
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

test('every kind of control reaches the machine', async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  send(program, 'fan', { speed: 40, power: false, mode: 0 });
  const widget = (id: string): Locator => page.locator(`[data-widget-id="${id}"]`);
  await until(page, 'mode', 'mode', 'Automatic');
  const kinds = await page
    .locator('[data-kind]')
    .evaluateAll((widgets) => widgets.map((each) => each.getAttribute('data-kind')));
  expect(new Set(kinds)).toEqual(new Set(CONTROL_KINDS));

  const presses: readonly (readonly [sent: object, press: () => Promise<unknown>])[] = [
    [{ speed_pct: 75 }, () => widget('speed').locator('input').fill('75')],
    [
      { exact_pct: 62.5 },
      async () => {
        await widget('exact').getByRole('spinbutton').fill('62.5');
        await widget('exact').getByRole('button', { name: 'Set' }).click();
      },
    ],
    [{ power: true }, () => widget('power').getByRole('switch').click()],
    [{ mode: 1 }, () => widget('mode').getByRole('combobox').selectOption({ label: 'By hand' })],
    [
      { stop: true },
      async () => {
        await widget('stop').locator('.body button').first().click();
        await page.getByRole('dialog', { name: 'Stop' }).getByRole('button', { name: 'Confirm' }).click();
      },
    ],
  ];
  for (const [sent, press] of presses) {
    const command = await subscribe(program, 'fan/command');
    await press();
    expect(JSON.parse(await command.next)).toMatchObject(sent);
  }
  send(program, 'fan', { speed: 62.5, power: true, mode: 1 });
  await until(page, 'mode', 'mode', 'By hand');
  for (const id of ['exact', 'power', 'mode']) await wish(widget(id), 'none');
  expect(complaints).toEqual([]);
  await page.close();
});

test('a value is not sent when the question before it is answered with no', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  send(program, 'fan', { speed: 40, power: false, mode: 0 });
  await until(page, 'mode', 'mode', 'Automatic');
  const command = await subscribe(program, 'fan/command');
  await page.locator('[data-widget-id="stop"] .body button').first().click();
  await page.getByRole('dialog', { name: 'Stop' }).getByRole('button', { name: 'Cancel' }).click();
  // What is set after it is the first that arrives.
  await page.locator('[data-widget-id="power"]').getByRole('switch').click();
  expect(JSON.parse(await command.next)).toMatchObject({ power: true });
  await page.close();
});
