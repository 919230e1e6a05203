import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, watch } from './browser';
import { send } from './mosquitto';
import { fanFlow, flowFolder, MODEL, start, type Program } from './program';

interface Model {
  readonly classes: readonly { readonly label: string; readonly advice: string }[];
}
/** The fault that is injected, by the class that the model should name. */
const FAULTS = ['none', 'overcurrent', 'cooling_degradation', 'imbalance', 'thermal_overload'] as const;
const { classes } = JSON.parse(readFileSync(MODEL, 'utf8')) as Model;

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

function inject(fault: (typeof FAULTS)[number]): void {
  send(program, 'factory/fan/command', { fault: { class: fault, severity: 0.9 } });
}

test.each([1, 2, 3, 4])('fault %i is named with its notice and its advice, and clears', async (code) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000); // A fault of the simulated machine builds up, and fades, in its own time.
  const complaints = watch(page, program.url);
  await page.goto(program.url);
  await page.locator('[data-widget-id="alerts"][data-level="normal"]').waitFor();
  const [label, advice] = [classes[code]?.label, classes[code]?.advice];

  inject(FAULTS[code] ?? 'none');
  // All of it at one moment: the class may change from reading to reading while a fault builds up.
  await page.waitForFunction(
    ([label, advice]) => {
      const text = (at: string): string | undefined => document.querySelector(at)?.textContent?.trim();
      return (
        text('[data-widget-id="alerts"][data-level="alarm"] [data-field="fault_label"]') === label &&
        text('[data-widget-id="class"] [data-field="fault_label"]') === label &&
        text('[data-widget-id="timeline"] [data-field="fault_code"]') === label &&
        text('[data-widget-id="advice"] [data-field="fault_label"]') === label &&
        text('[data-widget-id="advice"] [data-field="advice"]') === advice &&
        (text('[data-widget-id="advice"] [data-field="driver_1"]') ?? '').includes('residual') &&
        text('[data-toast="alerts"]:not(.over) .text') === label
      );
    },
    [label, advice],
  );

  inject('none');
  await page.waitForFunction(
    ([label, advice]) => {
      const text = (at: string): string | undefined => document.querySelector(at)?.textContent?.trim();
      return (
        text('[data-widget-id="alerts"][data-level="normal"] [data-field="fault_label"]') === label &&
        text('[data-widget-id="advice"][data-level="normal"] [data-field="advice"]') === advice &&
        document.querySelector('[data-toast="alerts"]:not(.over)') === null
      );
    },
    [classes[0]?.label, classes[0]?.advice],
  );
  await page.locator('[data-toast="alerts"]').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await page.close();
});

const SIZES = [
  [390, 844],
  [768, 1024],
  [1440, 900],
] as const;

test.each(SIZES)(
  'at %i × %i nothing is cut off and nothing complains, light and dark',
  async (width, height) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      const complaints = watch(page, program.url);
      const answer = await page.goto(program.url);
      expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
      await page.locator('[data-widget-id="trends.temp"][data-condition="fresh"]').waitFor();
      await page.locator('[data-widget-id="trends.temp"] canvas').waitFor();
      const { overflowPx, cut } = await page.evaluate(() => ({
        overflowPx: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        cut: [...document.querySelectorAll('[data-widget-id]')].flatMap((widget) => {
          const frame = widget.getBoundingClientRect();
          return [...widget.querySelectorAll('[data-field]')]
            .filter((value) => {
              const box = value.getBoundingClientRect();
              return box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
            })
            .map((value) => `${widget.getAttribute('data-widget-id')}: ${value.textContent}`);
        }),
      }));
      expect(overflowPx).toBe(0);
      expect(cut).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    }
  },
);

test('the API documents load without the internet and can be tried out', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints = watch(page, program.url);
  await page.goto(`${program.url}docs/`);
  const predict = page.locator('.opblock-post:has([data-path="/predict"])');
  await predict.locator('.opblock-summary').click();
  await predict.getByRole('button', { name: 'Try it out' }).click();
  // What the twin and the windows say of a fan that shakes.
  const of = (temp: number, rpm: number, current: number, vibration: number): Record<string, number> =>
    Object.fromEntries(
      Object.entries({ temp, rpm, current, vibration }).flatMap(([name, residual]) =>
        ['', '_2s', '_10s'].map((window) => [`${name}_residual${window}`, residual]),
      ),
    );
  const reading = of(0, 0, 0, 0.06);
  await predict.locator('textarea.body-param__text').fill(JSON.stringify(reading));
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${program.url}predict`),
    predict.getByRole('button', { name: 'Execute' }).click(),
  ]);
  expect(answer.status()).toBe(200);
  expect(await answer.json()).toMatchObject({ fault_code: 3, fault_label: classes[3]?.label });
  await predict.locator('.live-responses-table', { hasText: classes[3]?.label ?? '' }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});
