/** The system's Chromium by playwright-core, which ui/web has for its tests. */
import { createRequire } from 'node:module';
import { seconds } from './figures.mjs';

const require = createRequire(new URL('../../ui/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
export const WebSocket = require('ws');

const SIZE = { width: 1440, height: 900 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page of a browser that has never seen the dashboard. */
export async function freshPage(browser) {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'dark' });
  return context.newPage();
}

/** Seconds of processor time of each kind of Chromium's processes: renderer, GPU, browser, and the rest together. */
export async function processSeconds(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  await devtools.detach();
  const sum = { renderer: 0, GPU: 0, browser: 0, other: 0 };
  for (const { type, cpuTime } of processInfo) sum[type in sum ? type : 'other'] += cpuTime;
  return sum;
}

/** Less of a core than this is a browser at rest. */
const REST = 0.02;
const LOOK_S = 0.5;
const REST_WITHIN_S = 20;

/** Waits until the browser is at rest: the window that it opens for a page is a page of its own, which loads for half a second. */
export async function settled(browser) {
  const used = async () => Object.values(await processSeconds(browser)).reduce((sum, each) => sum + each, 0);
  for (let waitedS = 0; waitedS < REST_WITHIN_S; waitedS += LOOK_S) {
    const before = await used();
    await seconds(LOOK_S);
    if ((await used()) - before < REST * LOOK_S) return;
  }
  throw new Error(`the browser is not at rest after ${REST_WITHIN_S} s with an empty page`);
}

/**
 * Notes in the page, for each new number that an element shows: the number; when it was written into the page; when the frame with it was
 * made; and when the next frame begins, by which it has been handed over to the screen.
 */
export async function followNumber(page, place) {
  await page.locator(place).filter({ hasText: /\d/ }).waitFor();
  // What is out of sight is written slowly.
  await page.locator(place).scrollIntoViewIfNeeded();
  await page.evaluate((at) => {
    const nowMs = () => performance.timeOrigin + performance.now();
    const seen = (globalThis.seen = []);
    const element = document.querySelector(at);
    const frames = new MessageChannel();
    const waiting = [];
    frames.port1.onmessage = () => (waiting.shift().madeMs = nowMs());
    new MutationObserver(() => {
      const note = { number: Number(element.textContent.replaceAll(/\D/g, '')), writtenMs: nowMs() };
      seen.push(note);
      // A message that is posted during a frame is read after it.
      waiting.push(note);
      frames.port2.postMessage(null);
      requestAnimationFrame(() => (note.nextMs = nowMs()));
    }).observe(element, { characterData: true, childList: true, subtree: true });
  }, place);
}

/** What {@link followNumber} has noted since it was asked last. */
export function takeSeen(page) {
  return page.evaluate(() => globalThis.seen.splice(0).filter(({ nextMs }) => nextMs !== undefined));
}
