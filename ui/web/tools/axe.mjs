/**
 * Looks over every page of a dashboard with axe-core, in every theme: `npm run axe`, or `npm run axe -- URL` for a
 * server that runs. Ends with 1 when there is a violation.
 */
import axe from 'axe-core';
import { launch, mock } from './browser.mjs';

/** A phone arranges the page anew, whatever its colours. */
const LOOKS = /** @type {const} */ ([
  ['light', [1440, 900]],
  ['dark', [1440, 900]],
  ['contrast', [1440, 900]],
  ['light', [390, 844]],
]);
const WAIT_MS = 900;

/**
 * Every page in one theme and size, the panel of the time picker, and the alarms.
 * @param {import('playwright-core').Browser} browser @param {string} url @param {string} theme
 * @param {readonly [number, number]} size @returns {Promise<string[]>} what is wrong
 */
async function lookOver(browser, url, theme, [width, height]) {
  const colorScheme = theme === 'dark' ? 'dark' : 'light';
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  await page.addInitScript((kept) => localStorage.setItem('twinflow.theme', kept), theme);
  await page.goto(url);
  await page.waitForSelector('[data-condition=fresh]');
  const tabs = await page.locator('[role=tab]').count();
  const found = [];
  for (let i = 0; i < Math.max(1, tabs); i += 1) {
    if (tabs > 0) await page.locator('[role=tab]').nth(i).click();
    const chart = page.locator('[data-kind=chart] [aria-label="Show as table"]');
    await page.waitForTimeout(WAIT_MS);
    found.push(...(await violations(page)), ...(await work(page)));
    if (i > 0) continue;
    if ((await chart.count()) > 0)
      await chart.first().evaluate((button) => /** @type {HTMLElement} */ (button).click());
    if ((await page.locator('[data-time-picker]').count()) > 0) await page.click('[data-time-picker]');
    await page.waitForTimeout(WAIT_MS / 3);
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
    found.push(...(await alarms(page)));
  }
  const title = `${theme} ${width}`;
  await page.close();
  return [...new Set(found)].map((violation) => `${title}: ${violation}`);
}

/** What loops, experiments, totals and logs show only when they are asked to. @param {import('playwright-core').Page} page */
async function work(page) {
  const form = page.locator('[data-experiment-start]');
  if ((await form.count()) === 0) return [];
  const found = [];
  for (const shown of ['[data-totals-table]', '[data-kind=log] [data-choice=table]', '[data-choice=manual]'])
    await page.locator(shown).first().click();
  await page.waitForTimeout(2 * WAIT_MS);
  found.push(...(await violations(page)));
  await page.locator('[data-choice=shift]').click();
  await page.locator('[data-totals-table]').click();
  await page.locator('[data-bucket]').nth(3).focus();
  await form.click();
  await page.waitForSelector('dialog[open]');
  found.push(...(await violations(page)));
  await page.keyboard.press('Escape');
  await page.locator('[data-run-open]').nth(1).click();
  await page.waitForSelector('[data-run-view] canvas');
  await page.selectOption('[data-run-compare]', { index: 2 });
  await page.waitForTimeout(WAIT_MS);
  found.push(...(await violations(page)));
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-run-view]', { state: 'detached' });
  return found;
}

/** Every view of the alarm panel. @param {import('playwright-core').Page} page */
async function alarms(page) {
  const button = page.locator('[data-alarm-panel-button]');
  if ((await button.count()) === 0) return [];
  await button.click();
  await page.waitForSelector('#alarm-panel');
  const found = [];
  for (const tab of await page.locator('#alarm-panel [role=tab]').all()) {
    await tab.click();
    await page.waitForTimeout(WAIT_MS);
    found.push(...(await violations(page)));
  }
  await page.keyboard.press('Escape');
  await page.waitForSelector('#alarm-panel', { state: 'detached' });
  return found;
}

/**
 * The view of the flow in one theme and size: its graph or list, a node, the file with an error in it, and its changes.
 * @param {import('playwright-core').Browser} browser @param {string} url @param {string} theme
 * @param {readonly [number, number]} size @returns {Promise<string[]>} what is wrong
 */
async function lookOverFlow(browser, url, theme, [width, height]) {
  const colorScheme = theme === 'dark' ? 'dark' : 'light';
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  await page.addInitScript((kept) => localStorage.setItem('twinflow.theme', kept), theme);
  await page.goto(`${url}flow`);
  const node = page.locator('[data-node]').first();
  await node.waitFor();
  await page.waitForTimeout(WAIT_MS);
  const found = await violations(page);
  await node.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-node-panel]');
  await page.waitForTimeout(WAIT_MS);
  found.push(...(await violations(page)));
  if ((await page.locator('[data-show-lines]').count()) > 0) {
    await page.click('[data-show-lines]');
    await page.waitForSelector('.cm-content');
    await page.waitForTimeout(WAIT_MS);
    found.push(...(await violations(page)));
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('\t');
    await page.waitForTimeout(2 * WAIT_MS);
    found.push(...(await violations(page)));
    await page.keyboard.press('Control+z');
    await page.keyboard.type('# ');
    await page.keyboard.press('Control+s');
    await page.waitForTimeout(WAIT_MS);
    found.push(...(await violations(page)));
  }
  const title = `flow ${theme} ${width}`;
  await page.close();
  return [...new Set(found)].map((violation) => `${title}: ${violation}`);
}

/** @param {import('playwright-core').Page} page */
async function violations(page) {
  // Not as a script element: the content security policy of the page would refuse it.
  await page.evaluate(axe.source);
  const { violations: all } = await page.evaluate(() =>
    /** @type {{ axe: typeof import('axe-core') }} */ (/** @type {unknown} */ (globalThis)).axe.run(),
  );
  return all.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${help}\n    ${String(target)}\n    ${failureSummary ?? ''}`,
    ),
  );
}

const [asked] = process.argv.slice(2);
const servers =
  asked === undefined
    ? [
        await mock({ LAYOUT: 'factory', FANS: '6' }),
        await mock({}),
        await mock({ LAYOUT: 'kinds', TROUBLE: '1' }),
      ]
    : [{ url: asked, stop: () => undefined }];
const browser = await launch();
let wrong = 0;
for (const { url } of servers) {
  for (const [theme, size] of LOOKS) {
    const found = await lookOver(browser, url, theme, size);
    // It is the same behind every layout.
    if (url === servers.at(-1)?.url) found.push(...(await lookOverFlow(browser, url, theme, size)));
    wrong += found.length;
    for (const line of found) console.log(line);
  }
}
await browser.close();
for (const server of servers) server.stop();
console.log(wrong === 0 ? 'axe: no violations' : `axe: ${wrong} violations`);
process.exitCode = wrong === 0 ? 0 : 1;
