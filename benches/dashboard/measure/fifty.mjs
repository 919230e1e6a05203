/** What fifty widgets at twenty readings a second cost in Chromium, and whether its memory grows. */
import { freshPage, launch, processSeconds } from '../browser.mjs';
import { megabytes, nowMs, percent, seconds, slope } from '../figures.mjs';
import { fiftyReading, publish } from '../machine.mjs';
import { fiftyFlow, start } from '../program.mjs';

const HERTZ = 20;
const WARM_UP_S = 20;
const MEASURED_S = 60;
const TRACED_S = 5;
const SAMPLE_EVERY_S = 10;

/** Frames a second that reach the screen, by Chromium's own record of them. */
async function framesASecond(browser, page) {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline.frame', 'devtools.timeline.frame'] });
  await seconds(TRACED_S);
  const { traceEvents } = JSON.parse(String(await browser.stopTracing()));
  return traceEvents.filter(({ name }) => name === 'DrawFrame').length / TRACED_S;
}

/** What the main thread of the page was busy with, in seconds since it was opened. */
async function busySeconds(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return {
    script: of('ScriptDuration'),
    style: of('RecalcStyleDuration'),
    layout: of('LayoutDuration'),
    all: of('TaskDuration'),
  };
}

const since = (now, before) => Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - before[name]]));

/** Bytes that live after a collection: of JavaScript, and of the arrays of readings, which the page keeps two hours of at most. */
async function heap(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
  return { used: usedSize, arrays: backingStorageSize };
}

export async function fifty({ minutes }) {
  const program = await start(fiftyFlow());
  const readings = publish(program.brokerPort, { topic: 'line', hertz: HERTZ, reading: fiftyReading });
  const browser = await launch();
  const page = await freshPage(browser);
  await page.goto(program.url);
  await page.locator('[data-widget-id]').nth(49).waitFor({ state: 'attached' });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('HeapProfiler.enable');
  await seconds(WARM_UP_S);

  const [beginMs, processes, busy] = [nowMs(), await processSeconds(browser), await busySeconds(devtools)];
  await seconds(MEASURED_S);
  const spent = since(await processSeconds(browser), processes);
  const spentBusy = since(await busySeconds(devtools), busy);
  const tookS = (nowMs() - beginMs) / 1000;
  const share = (used) => percent(used / tookS);
  const frames = await framesASecond(browser, page);

  const samples = [];
  for (let atS = 0; atS <= minutes * 60; atS += SAMPLE_EVERY_S) {
    samples.push([atS / 60, await heap(devtools)]);
    await seconds(SAMPLE_EVERY_S);
  }
  await browser.close();
  readings.stop();
  await program.stop();
  const [first, last] = [samples[0][1], samples.at(-1)[1]];
  const thirds = [0, 1 / 3, 2 / 3, 1].map((part) => samples[Math.floor(part * (samples.length - 1))][1].used);
  // At first the browser still compiles what it sees to be used much.
  const half = samples.slice(samples.length / 2).map(([atMinutes, { used }]) => [atMinutes, used]);
  const whole = Object.values(spent).reduce((sum, used) => sum + used, 0);
  return [
    ['50 widgets at 20 Hz: all of Chromium, share of one core', share(whole)],
    ['… its renderer', share(spent.renderer)],
    ['… its GPU process, which draws without a GPU here', share(spent.GPU)],
    ['… its other processes', share(spent.browser + spent.other)],
    ['… main thread of the page: scripts', share(spentBusy.script)],
    ['… styles and layout', share(spentBusy.style + spentBusy.layout)],
    ['… all of it, with painting', share(spentBusy.all)],
    ['… frames a second', frames.toFixed(1)],
    [`… JavaScript heap at the start, and after each third of ${minutes} min`, thirds.map(megabytes).join(', ')],
    ['… growth of the heap in the second half of that, by a line through it', `${(slope(half) / 1000).toFixed(0)} kB/min`],
    ['… arrays of readings then, of at most two hours at 5 Hz', `${megabytes(first.arrays)}, ${megabytes(last.arrays)}`],
  ];
}
