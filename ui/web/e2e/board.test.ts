import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { compileBoard, network, startBoard } from './board';
import { launch, watch } from './browser';
import { flowFolder, start, type Program } from './program';

/** As the fan's flow has it: the board in place of the virtual fan. */
const FLOW = `
twinflow: 1
name: A board
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    time: timestamp
    key: asset_id
    fields:
      temp:          { unit: °C, range: [0, 60] }
      rpm:           { unit: rpm, range: [0, 3200], title: Fan speed }
      speed_command: { path: inputs.speed_command_pct, unit: "%", range: [0, 100], optional: true, title: Speed by hand }
      control_mode:  { path: inputs.control_mode, type: text, optional: true, title: Control }
      sequence:      { path: sequence_id, type: integer }
  show: { type: dashboard-widget, from: fan, widget: value, fields: [temp, rpm, sequence] }
  mode:
    type: control
    from: fan
    widget: select
    field: control_mode
    options: [{ value: automatic, label: Automatic }, { value: manual, label: By hand }]
  speed: { type: control, from: fan, widget: slider, field: speed_command, sends: speed_command_pct, step: 5 }
  commands: { type: mqtt-out, from: [mode, speed], broker: plant, topic: factory/fan/command }
  answers:
    type: mqtt-in
    broker: plant
    topic: factory/fan/command/ack
    fields: { accepted: { type: boolean, title: Obeyed }, reason: { type: text, optional: true } }
  obeyed: { type: dashboard-widget, from: answers, widget: table, fields: [accepted, reason], title: Answers }
`;

let browser: Browser;
let program: Program;
let binary: string;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  const folder = flowFolder(FLOW);
  binary = compileBoard(folder);
  program = await start(folder);
  return async () => expect(await program.stop()).toBe(0);
});

test("the board's readings arrive, a slider sets its speed, and a pulled network comes back", async () => {
  const page = await browser.newPage();
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const wires = await network(program.brokerPort);
  const board = startBoard(binary, wires.port, 'board-1');
  const field = (name: string) => page.locator(`[data-widget-id="show.${name}"] [data-field="${name}"]`);
  const number = async (name: string): Promise<number> =>
    Number.parseFloat(((await field(name).textContent()) ?? '').replaceAll(/[^\d.-]/g, ''));
  await expect.poll(() => number('temp'), { timeout: 30_000 }).toBeGreaterThan(10);

  // It obeys, and says so.
  await page.locator('[data-widget-id="mode"] select').selectOption({ label: 'By hand' });
  const slider = page.locator('[data-widget-id="speed"] input[type="range"]');
  await slider.fill('90');
  await page.locator('[data-widget-id="speed"] [data-wish="none"]').waitFor({ timeout: 20_000 });
  expect(await slider.inputValue()).toBe('90');
  await page.locator('[data-widget-id="obeyed"] tbody tr').nth(1).waitFor();
  await expect.poll(() => number('rpm'), { timeout: 30_000 }).toBeGreaterThan(2000);

  // Its readings end when the network is pulled, and go on when it is there again.
  wires.pull();
  await page.getByText('DELAYED').first().waitFor();
  const before = await number('sequence');
  wires.plugIn();
  await expect.poll(() => number('sequence'), { timeout: 60_000 }).toBeGreaterThan(before);
  expect(complaints).toEqual([]);
  board.stop();
  wires.close();
  await page.close();
});
