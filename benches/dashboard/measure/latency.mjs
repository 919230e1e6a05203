/** From a reading that a machine publishes to the frame that shows it: the whole fan flow, with its model, at the pace of the fan. */
import { followNumber, freshPage, launch, takeSeen } from '../browser.mjs';
import { nowMs, seconds, spread } from '../figures.mjs';
import { fanReading, fiftyReading, publish } from '../machine.mjs';
import { fanFlowWithoutFan, fiftyFlow, start } from '../program.mjs';

const MEASURED_S = 60;
const SETTLING_S = 5;

async function measure(flow, machine, place) {
  const program = await start(flow);
  const readings = publish(program.brokerPort, machine);
  const browser = await launch();
  const page = await freshPage(browser);
  await page.goto(program.url);
  await followNumber(page, place);
  await seconds(SETTLING_S);
  await takeSeen(page);
  const [beginMs, before] = [nowMs(), readings.count];
  await seconds(MEASURED_S);
  const [seen, published] = [await takeSeen(page), readings.count - before];
  await browser.close();
  readings.stop();
  await program.stop();
  const since = (of) => seen.filter(({ number }) => readings.sentMs(number) >= beginMs).map((one) => of(one) - readings.sentMs(one.number));
  return {
    made: since((one) => one.madeMs),
    shown: since((one) => one.nextMs),
    share: seen.length / published,
  };
}

export async function latency() {
  const fan = await measure(
    fanFlowWithoutFan(),
    { topic: 'factory/fan/data', hertz: 5, reading: fanReading },
    '[data-widget-id="overview.rpm"] [data-field="rpm"]',
  );
  const fifty = await measure(
    fiftyFlow(),
    { topic: 'line', hertz: 20, reading: fiftyReading },
    '[data-widget-id="values.number"] [data-field="number"]',
  );
  return [
    ['fan dashboard at 5 Hz, reading to finished frame: p50 / p95 / p99, ms', spread(fan.made)],
    ['… to the frame after it, ms', spread(fan.shown)],
    ['… readings that were shown', `${(fan.share * 100).toFixed(0)} %`],
    ['50 widgets at 20 Hz, reading to finished frame: p50 / p95 / p99, ms', spread(fifty.made)],
    ['… to the frame after it, ms', spread(fifty.shown)],
    ['… readings that were shown', `${(fifty.share * 100).toFixed(0)} %`],
  ];
}
