/** How soon the fan dashboard can be used by a browser that has never seen it, on a processor of full and of a quarter of the speed. */
import { freshPage, launch, settled } from '../browser.mjs';
import { median, seconds } from '../figures.mjs';
import { fanFlow, start } from '../program.mjs';

const SLOWER = [1, 4];
const TIMES = 7;
/** Chromium's own measure: what keeps the page busy for longer keeps somebody waiting. */
const LONG_TASK_MS = 50;
const WATCH_S = 6;

/** Runs in the page before its own scripts. */
function watch() {
  const found = (globalThis.found = { tasks: [] });
  new PerformanceObserver((list) =>
    found.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration }))),
  ).observe({ type: 'longtask', buffered: true });
  const atNextFrame = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  // Watching costs time as well: it looks for one value, and no more once it is there.
  let made = 0;
  const observer = new MutationObserver(() => {
    if (!document.getElementById('app')?.hasChildNodes()) return;
    made += 1;
    const fields = [...document.querySelectorAll('[data-widget-id] [data-field]')];
    if (!fields.some(({ textContent }) => /[\p{L}\d]/u.test(textContent))) return;
    observer.disconnect();
    // There was nothing to paint before it: the first paint is that of the value.
    found.inFirstPaint = made === 1;
    // Asked two frames later: by then the one with the value has been handed over to the screen, also if it had yet to begin.
    atNextFrame(() => {
      found.firstMs = performance.now();
      // A press at once: when does the other page of the dashboard stand?
      document.querySelectorAll('[role=tab]')[1].click();
      atNextFrame(() => (found.pressedMs = performance.now() - found.firstMs));
    });
  });
  observer.observe(document, { childList: true, subtree: true, characterData: true });
}

async function load(browser, url, slower) {
  const page = await freshPage(browser);
  const devtools = await page.context().newCDPSession(page);
  // Its window is there when somebody asks for a page.
  await settled(browser);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slower });
  await page.addInitScript(watch);
  await page.goto(url, { waitUntil: 'commit' });
  await seconds(WATCH_S);
  const { inFirstPaint, pressedMs, tasks, ...found } = await page.evaluate(() => globalThis.found);
  const paintedMs = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const firstMs = inFirstPaint ? paintedMs : found.firstMs;
  await page.context().close();
  const blockingMs = tasks.filter(({ startTime }) => startTime < firstMs).reduce((sum, { duration }) => sum + duration - LONG_TASK_MS, 0);
  return { paintedMs, firstMs, blockingMs, pressedMs };
}

export async function interactive() {
  const program = await start(fanFlow());
  const browser = await launch();
  // Some minutes of curves are there to be drawn in a plant, too.
  await seconds(20);
  const loads = new Map(SLOWER.map((slower) => [slower, []]));
  for (let i = 0; i < TIMES; i += 1) {
    for (const [slower, found] of loads) found.push(await load(browser, program.url, slower));
  }
  await browser.close();
  await program.stop();
  return [...loads].flatMap(([slower, found]) => {
    const figure = (of) => `${median(found.map(of)).toFixed(0)} ms`;
    return [
      [`fan dashboard, processor slowed down ${slower} times: first paint`, figure((one) => one.paintedMs)],
      ['… first value on the screen', figure((one) => one.firstMs)],
      ['… blocked until then, beyond 50 ms a task', figure((one) => one.blockingMs)],
      ['… another page, asked for at once', figure((one) => one.pressedMs)],
    ];
  });
}
