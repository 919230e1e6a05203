/** Two hundred browsers on one engine: a real one, and the lines of 199 more. */
import { followNumber, freshPage, launch, takeSeen } from '../browser.mjs';
import { open, placeOf } from '../clients.mjs';
import { nowMs, percent, seconds, spread } from '../figures.mjs';
import { fanReading, publish } from '../machine.mjs';
import { cpuSeconds, fanFlowWithoutFan, start } from '../program.mjs';

/** Beside the real one. In a plant they have machines of their own: more real ones would take the engine's processors here. */
const OTHERS = 199;
const SETTLING_S = 10;
const MEASURED_S = 30;

export async function crowd() {
  const program = await start(fanFlowWithoutFan());
  const readings = publish(program.brokerPort, { topic: 'factory/fan/data', hertz: 5, reading: fanReading });
  const browser = await launch();
  const page = await freshPage(browser);
  await page.goto(program.url);
  await followNumber(page, '[data-widget-id="overview.rpm"] [data-field="rpm"]');
  const lines = await open(program.url, OTHERS, await placeOf(program.url, 'overview.rpm', 'rpm'));
  await seconds(SETTLING_S);
  await lines.take();
  await takeSeen(page);
  const [beginMs, cpu, before] = [nowMs(), cpuSeconds(program.pid), readings.count];
  await seconds(MEASURED_S);
  const [spent, tookS] = [cpuSeconds(program.pid) - cpu, (nowMs() - beginMs) / 1000];
  const [came, published] = [await lines.take(), readings.count - before];
  const seen = await takeSeen(page);
  await lines.close();
  await browser.close();
  readings.stop();
  await program.stop();
  const since = (notes, of) =>
    notes.filter(({ number }) => readings.sentMs(number) >= beginMs).map((note) => of(note) - readings.sentMs(note.number));
  const arrivals = since(came, ({ atMs }) => atMs);
  return [
    [`${OTHERS + 1} browsers on the fan flow at 5 Hz, reading to arrival: p50 / p95 / p99, ms`, spread(arrivals)],
    ['… readings that arrived', percent(arrivals.length / (published * OTHERS))],
    ['… reading to the screen of the real one, ms', spread(since(seen, ({ nextMs }) => nextMs))],
    ['… the engine, share of one core', percent(spent / tookS)],
  ];
}
