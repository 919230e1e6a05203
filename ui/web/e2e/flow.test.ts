import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, watch } from './browser';
import { fanFlow, flowFolder, start, type Program } from './program';

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(fanFlow()));
  return async () => expect(await program.stop()).toBe(0);
});

/** The names of the nodes in the text, as they stand below `nodes:`. */
function namesIn(flow: string): string[] {
  const nodes = /^nodes:\n((?: .*\n|\s*\n)+)/m.exec(flow)?.[1] ?? '';
  return [...nodes.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name);
}

async function open(size: { width: number; height: number }): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: size });
  const complaints = watch(page, program.url);
  await page.goto(`${program.url}flow`);
  await page.locator('[data-node="fan"]').waitFor();
  return { page, complaints };
}

/** A node can lie beyond the edge of the view: the keyboard brings it into sight. */
async function choose(page: Page, id: string): Promise<void> {
  await page.locator(`[data-node="${id}"]`).focus();
  await page.keyboard.press('Enter');
}

test.each([
  [1440, 900],
  [390, 844],
])('at %i × %i every node is there, rates move, and a node shows its last records', async (width, height) => {
  const { page, complaints } = await open({ width, height });
  const shown = await page
    .locator('[data-node]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-node') ?? ''));
  expect(shown.sort()).toEqual(namesIn(fanFlow()).sort());
  await page.locator('[data-node="fan"] [data-rate]', { hasText: /^\s*[1-9]/ }).waitFor();

  await choose(page, 'kpis');
  const panel = page.locator('[data-node-panel="kpis"]');
  await panel.locator('[data-counter="Records out"]', { hasText: /^[1-9]/ }).waitFor();
  await panel.locator('[data-records] th', { hasText: /power \[W\]/i }).waitFor();
  const count = async (): Promise<number> => panel.locator('[data-records] tbody tr').count();
  const before = await count();
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(before);
  await panel.locator('[data-tap-pause]').click();
  const paused = await count();
  await page.waitForTimeout(1_500);
  expect(await count()).toBe(paused);
  expect(complaints).toEqual([]);
  await page.close();
});

test('an error is marked and not saved; a good edit is saved, and its node appears', async () => {
  const { page, complaints } = await open({ width: 1440, height: 900 });
  await choose(page, 'kpis');
  await page.locator('[data-show-lines]').click();
  const text = page.locator('.cm-content');
  const line = text.locator('.cm-line', { hasText: /^ {4}type: kpi$/ });
  await line.click();
  await page.keyboard.press('End');
  await page.keyboard.type('x');
  await page.keyboard.press('Escape'); // What completion proposes is not meant.
  await page.locator('.cm-lintRange-error').first().waitFor();
  await page.locator('[data-findings] button', { hasText: 'kpix' }).first().waitFor();
  await page.keyboard.press('Control+s');
  await page.locator('[data-told="warning"]', { hasText: 'Not saved' }).waitFor();
  expect(await page.locator('[data-save-confirm]').count()).toBe(0);

  await page.keyboard.press('Backspace');
  await page.keyboard.press('Escape');
  await page.locator('.cm-lintRange-error').waitFor({ state: 'detached' });
  // A node of one line before the one that was opened; written at once, so that nothing is indented by itself.
  await text.locator('.cm-line', { hasText: /^ {2}kpis:$/ }).click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Home');
  await page.keyboard.insertText(
    '  added: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }\n',
  );
  await page.keyboard.press('Control+s');
  await page.locator('[data-diff] tr.added', { hasText: 'added:' }).waitFor();
  await page.locator('[data-save-confirm]').click();
  await page.locator('[data-told="normal"]', { hasText: 'Saved' }).waitFor();
  await page.locator('[data-node="added"]').waitFor({ state: 'attached' });
  expect(await page.locator('[data-flow-fault]').count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});
