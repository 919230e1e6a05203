import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Alarms
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C, range: [0, 60], title: Temperature } }
  heat: { type: alarm, from: fan, field: temp, high: 45 °C, priority: high }
  trend: { type: dashboard-widget, from: fan, widget: chart, fields: [temp] }
`;
const MESSAGE = 'Temperature is above 45 °C';
const QUIET = 'No alarm waits to be acknowledged';

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

test('an alarm is raised, acknowledged, over, and in the journal', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const banner = page.locator('[data-alarm-banner]');
  const alarm = page.locator('[data-alarm="high"]');
  await banner.filter({ hasText: QUIET }).waitFor();

  send(program, 'fan', { temp: 47.5 });
  await until(page, 'trend', 'temp', '47.5');
  await banner.locator('[data-worst-alarm="high"]', { hasText: MESSAGE }).waitFor();
  await page.locator('[data-alarms="1"]').waitFor();
  await expect.poll(() => page.title()).toBe('(1 alarm) Alarms');
  await page.locator('[data-alarm-panel-button]').click();
  await alarm.and(page.locator('[data-alarm-state="unacknowledged"]')).waitFor();
  for (const text of [MESSAGE, 'High', '47.50 °C', 'First']) await alarm.filter({ hasText: text }).waitFor();

  await page.locator('[data-acknowledge-worst]').click();
  // Who did it is told by the server alone.
  await alarm
    .and(page.locator('[data-alarm-state="acknowledged"]'))
    .filter({ hasText: 'by local' })
    .waitFor();
  await banner.filter({ hasText: QUIET }).waitFor();

  send(program, 'fan', { temp: 30.5 });
  await alarm.waitFor({ state: 'detached' });
  await page.locator('[data-alarms="0"]').waitFor();

  await page.locator('#alarm-tab-journal').click();
  const states = (): Promise<(string | null)[]> =>
    page
      .locator('[data-journal-alarm="high"]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-journal-state')));
  await expect.poll(states).toEqual(['normal', 'acknowledged', 'unacknowledged']);
  await page.locator('#alarm-tab-statistics').click();
  await page.locator('[data-statistics="raised"]', { hasText: '1' }).waitFor();
  await page.locator('#alarm-tab-audit').click();
  await page.locator('[data-deed="acknowledge"]', { hasText: 'Done' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#alarm-panel').waitFor({ state: 'detached' });

  const marker = page.locator(`[data-widget-id="trend"] [data-chart-marker][title*="${MESSAGE}"]`);
  await marker.first().waitFor({ state: 'attached' });
  expect(complaints).toEqual([]);
  await page.close();
});

test('an alarm that is put aside waits for nobody, and comes back', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  const alarm = page.locator('[data-alarm="high"]');
  send(program, 'fan', { temp: 48.5 });
  await page.locator('[data-worst-alarm="high"]').waitFor();
  await page.locator('[data-alarm-panel-button]').click();
  await alarm.getByRole('button', { name: /^Shelve: / }).click();
  await alarm.getByRole('button', { name: /^Shelve for 30 min: / }).click();
  await alarm.and(page.locator('[data-alarm-state="shelved"]')).filter({ hasText: 'by local' }).waitFor();
  await page.locator('[data-alarms="0"]').waitFor();
  // Until when, the page has from the list of the server, also when it is opened anew.
  await page.reload();
  await page.locator('[data-alarm-panel-button]').click();
  await alarm
    .filter({ hasText: 'until' })
    .getByRole('button', { name: /^Unshelve: / })
    .click();
  await alarm.and(page.locator('[data-alarm-state="unacknowledged"]')).waitFor();
  await page.locator('[data-acknowledge-all]').click();
  await alarm.and(page.locator('[data-alarm-state="acknowledged"]')).waitFor();
  send(program, 'fan', { temp: 20.5 });
  await alarm.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await page.close();
});
