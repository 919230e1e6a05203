/** Barriers for people who see, hear or move in other ways, by the rules of axe-core, on the real pages. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { send } from './mosquitto';
import { addUser, fanFlow, flowFolder, start, startGuarded, type Program } from './program';

const LOOKS = [
  ['light', 1440, 900],
  ['dark', 1440, 900],
  ['light', 390, 844],
  ['dark', 390, 844],
] as const;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(fanFlow()));
  // What is abnormal has other colours and signs, and they have to keep to the rules, too.
  send(program, 'factory/fan/command', { fault: { class: 'imbalance', severity: 0.9 } });
  return async () => expect(await program.stop()).toBe(0);
});

async function violations(page: Page): Promise<string[]> {
  // Not as a script element: the content security policy of the page would refuse it.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary ?? ''}`),
  );
}

/** Without movements, so that no colour is looked at on its way to another. */
function open(colorScheme: 'light' | 'dark', width: number, height: number): Promise<Page> {
  return browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
}

test.each(LOOKS)('no page of the fan dashboard has one: %s, %i × %i', async (...look) => {
  const page = await open(...look);
  await page.goto(program.url);
  await page.locator('[data-widget-id="alerts"][data-level="alarm"]').waitFor();
  await page.locator('[data-worst-alarm]').waitFor();
  const tabs = await page.getByRole('tablist').first().getByRole('tab').all();
  expect(tabs.length).toBeGreaterThan(1);
  for (const tab of tabs) {
    await tab.click();
    // What the files hold is not live.
    await page.locator('[data-condition="fresh"], [data-log-file]').first().waitFor();
    expect(await violations(page)).toEqual([]);
  }
  await page.locator('[data-alarm-panel-button]').click();
  const views = page.locator('#alarm-panel [role="tab"]');
  await views.first().waitFor();
  for (const view of await views.all()) {
    await view.click();
    expect(await violations(page)).toEqual([]);
  }
  await page.close();
});

test.each(LOOKS)('nor has the view of the flow, with a node and its lines: %s, %i × %i', async (...look) => {
  const page = await open(...look);
  await page.goto(`${program.url}flow`);
  await page.locator('[data-node="kpis"]').focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-records] tbody tr').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.locator('[data-show-lines]').click();
  await page.locator('.cm-line').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.close();
});

test('nor has the log-in, also when it is refused', async () => {
  const folder = flowFolder(fanFlow());
  addUser(folder, 'anna', 'viewer', 'correct horse battery');
  const guarded = await startGuarded(folder);
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await open(colorScheme, 390, 844);
    await page.goto(guarded.url);
    await page.getByLabel('Name').fill('anna');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  }
  expect(await guarded.stop()).toBe(0);
});
