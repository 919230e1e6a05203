/** A browser whose line carries ten kilobytes a second, a third of what there is,, beside one that is well: what it costs the engine, and what it gets. */
import { createConnection } from 'node:net';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { numbersIn, open, placeOf } from '../clients.mjs';
import { megabytes, nowMs, percent, seconds, spread } from '../figures.mjs';
import { fiftyReading, publish } from '../machine.mjs';
import { cpuSeconds, fiftyFlow, residentBytes, start } from '../program.mjs';

const HERTZ = 20;
const BYTES_A_SECOND = 10_000;
const PING = 9;
const SETTLING_S = 10;
const MEASURED_S = 60;

/** A line that is read by hand, so that what is not read stays with the engine and the kernel. */
function crawl(url, place) {
  const { hostname, port, host } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port), highWaterMark: BYTES_A_SECOND });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  // What a browser says is masked; a mask of noughts leaves it as it is.
  const subscribe = Buffer.from('{"type":"subscribe","since":{}}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | subscribe.length, 0, 0, 0, 0]), subscribe]));
  let held = Buffer.alloc(0);
  let begun = false;
  let latest = null;
  let bytes = 0;
  const timer = setInterval(() => {
    const part = socket.read(BYTES_A_SECOND) ?? socket.read();
    if (part === null) return;
    bytes += part.length;
    held = Buffer.concat([held, part]);
    if (!begun) {
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      held = held.subarray(end + 4);
      begun = true;
    }
    for (let message = next(); message !== null; message = next()) latest = numbersIn(message, place).at(-1) ?? latest;
  }, 1000);
  // A stream only begins to read when somebody asks.
  socket.on('readable', () => undefined);

  /** Takes the next whole message; null while it has not come. */
  function next() {
    if (held.length < 2) return null;
    const short = held[1] & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (held.length < head) return null;
    const length = short === 127 ? Number(held.readBigUInt64BE(2)) : short === 126 ? held.readUInt16BE(2) : short;
    if (held.length < head + length) return null;
    const [kind, content] = [held[0] & 0x0f, held.subarray(head, head + length)];
    held = held.subarray(head + length);
    // As every browser does: a ping is answered when all before it was read.
    if (kind === PING) socket.write(Buffer.concat([Buffer.from([0x8a, 0x80 | length, 0, 0, 0, 0]), content]));
    return content.toString();
  }

  return {
    port: () => socket.localPort,
    get latest() {
      return latest;
    },
    get bytes() {
      return bytes;
    },
    close() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}

/** Bytes on the way to a port of this machine: what the kernel holds for whoever does not read. */
function waitingBytes(port) {
  const end = port.toString(16).toUpperCase().padStart(4, '0');
  let sum = 0;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    const [sending, received] = queues.split(':').map((digits) => parseInt(digits, 16));
    if (remote.endsWith(`:${end}`)) sum += sending;
    if (local.endsWith(`:${end}`)) sum += received;
  }
  return sum;
}

export async function slow() {
  const program = await start(fiftyFlow());
  const readings = publish(program.brokerPort, { topic: 'line', hertz: HERTZ, reading: fiftyReading });
  const place = await placeOf(program.url, 'values.number', 'number');
  const well = await open(program.url, 1, place);
  await seconds(SETTLING_S);

  async function measure() {
    await well.take();
    const [beginMs, cpu] = [nowMs(), cpuSeconds(program.pid)];
    await seconds(MEASURED_S);
    const share = percent((cpuSeconds(program.pid) - cpu) / ((nowMs() - beginMs) / 1000));
    const came = (await well.take()).map(({ number, atMs }) => atMs - readings.sentMs(number));
    return { share, came: spread(came), resident: megabytes(residentBytes(program.pid)) };
  }

  const alone = await measure();
  const crawler = crawl(program.url, place);
  const beside = await measure();
  const behindS = ((readings.latest - (crawler.latest ?? 0) + 3000) % 3000) / HERTZ;
  const waiting = waitingBytes(crawler.port());
  crawler.close();
  await well.close();
  readings.stop();
  await program.stop();
  return [
    ['50 widgets at 20 Hz to one browser, reading to arrival: p50 / p95 / p99, ms', alone.came],
    ['… beside one that reads 10 kB/s', beside.came],
    ['… the engine without and with it, share of one core', `${alone.share}, ${beside.share}`],
    ['… its memory without and with it', `${alone.resident}, ${beside.resident}`],
    [`… what the slow one shows after ${MEASURED_S} s is so old`, crawler.latest === null ? 'nothing yet' : `${behindS.toFixed(1)} s`],
    ['… what waits for it in the kernel', megabytes(waiting)],
  ];
}
