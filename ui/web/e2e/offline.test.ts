/** The page without its server. */
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until } from './browser';
import { send } from './mosquitto';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Kept
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, range: [0, 60] } } }
  number: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }
`;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  program = await start(flowFolder(FLOW));
  return () => program.stop();
});

test('the page opens without the server and says so, and what the browser keeps has nothing of the plant in it', async () => {
  const page = await browser.newPage();
  await page.goto(program.url);
  send(program, 'fan', { temp: 21.5 });
  await until(page, 'number', 'temp', '21.5');
  const kept = await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const answer = await caches.match('index.html');
    return answer?.text();
  });
  expect(kept).toMatch(/id="beginning">\s*null\s*<\/script>/);
  await program.kill();
  await page.reload();
  await page.getByText('Waiting for the server').waitFor();
  await page.locator('[data-connection="disconnected"]').waitFor();
  program = await start(program.folder, program.listen);
  send(program, 'fan', { temp: 22.5 });
  await until(page, 'number', 'temp', '22.5');
  await page.close();
});
