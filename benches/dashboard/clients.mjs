/** Many browsers' lines without browsers: a thread that reads the live stream and notes when each number came. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { WebSocket } from './browser.mjs';
import { nowMs } from './figures.mjs';

/** Where a field stands in the rows of the stream of its widget. */
export async function placeOf(url, widgetId, fieldName) {
  const { pages } = await (await fetch(new URL('api/dashboard', url))).json();
  const widgets = pages.flatMap(({ groups }) => groups.flatMap((group) => group.widgets));
  const { stream, fields } = widgets.find(({ id }) => id === widgetId);
  return { stream, slot: fields.find(({ name }) => name === fieldName).slot };
}

/** The numbers of a message's rows; a text frame holds one message a line. */
export function numbersIn(text, { stream, slot }) {
  return text
    .split('\n')
    .filter((line) => line.includes(`"stream":${JSON.stringify(stream)}`))
    .flatMap((line) => JSON.parse(line).rows.map((row) => row[2 + slot]));
}

/** Opens so many lines; `take` gives what came since it was asked last, as `{ number, atMs }`. */
export async function open(url, count, place) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, count, place } });
  const next = () => new Promise((done, fail) => worker.once('message', done).once('error', fail));
  await next();
  return {
    take() {
      worker.postMessage('take');
      return next();
    },
    close: () => worker.terminate(),
  };
}

if (workerData?.place !== undefined) {
  const { url, count, place } = workerData;
  let came = [];
  let opened = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = new WebSocket(new URL('ws', url.replace('http', 'ws')));
    socket.on('error', (reason) => {
      throw reason;
    });
    socket.on('open', () => {
      socket.send('{"type":"subscribe","since":{}}');
      opened += 1;
      if (opened === count) parentPort.postMessage('open');
    });
    socket.on('message', (data) => {
      const atMs = nowMs();
      for (const number of numbersIn(String(data), place)) came.push({ number, atMs });
    });
  }
  parentPort.on('message', () => {
    parentPort.postMessage(came);
    came = [];
  });
}
