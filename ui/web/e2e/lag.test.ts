import { spawn } from 'node:child_process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseMessage, type Rows } from '../src/protocol';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Lag
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { number: { type: integer } } }
${Array.from(
  { length: 8 },
  (_, i) => `  shown${i}: { type: dashboard-widget, from: fan, widget: value, fields: [number] }\n`,
).join('')}`;
const STREAM = 'shown0';
const EVERY_MS = 20;
/** Well beyond the second after which a browser that does not read is said to lag. */
const ASLEEP_MS = 5_000;
const SOON = { timeout: 30_000 };

/** What a browser is told of the widget. */
class Listener {
  readonly rows: Rows[] = [];
  private constructor(readonly socket: WebSocket) {}

  static async open(program: Program): Promise<Listener> {
    const listener = new Listener(new WebSocket(`${program.url.replace('http', 'ws')}ws`));
    const { socket, rows } = listener;
    await new Promise((done) => socket.once('open', done));
    const greeted = new Promise((done) => socket.once('message', done));
    socket.on('message', (data: Buffer) => {
      const messages = data.toString().split('\n').map(parseMessage);
      for (const message of messages)
        if (message.type === 'rows' && message.stream === STREAM) rows.push(message);
    });
    socket.send(JSON.stringify({ type: 'subscribe', since: {} }));
    await greeted;
    return listener;
  }

  get newest(): number {
    const last = this.rows.at(-1);
    return last === undefined ? -1 : last.first + last.rows.length - 1;
  }

  /** Rows that were never sent to it, between others. */
  get missed(): number {
    return this.rows.slice(1).reduce((sum, { first }, i) => {
      const before = this.rows[i];
      return sum + first - (before === undefined ? first : before.first + before.rows.length);
    }, 0);
  }
}

/** Publishes one reading after the other until it is stopped; tells how many there were. */
function machine(program: Program): { stop(): number } {
  const client = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', program.brokerPort, '-t', 'fan', '-l']);
  let sent = 0;
  const readings = setInterval(() => client.stdin.write(`{"number": ${(sent += 1)}}\n`), EVERY_MS);
  return {
    stop() {
      clearInterval(readings);
      client.stdin.end();
      return sent;
    },
  };
}

test('a browser that did not read for a while gets the newest readings, and none that are old', async () => {
  const program = await start(flowFolder(FLOW));
  onTestFinished(async () => expect(await program.stop()).toBe(0));
  const [well, slow] = [await Listener.open(program), await Listener.open(program)];
  const readings = machine(program);
  slow.socket.pause();
  const begunMs = performance.now();
  await vi.waitUntil(() => performance.now() - begunMs > ASLEEP_MS && well.newest > 200, SOON);
  const sent = readings.stop();
  await vi.waitUntil(() => well.newest === sent - 1, SOON);
  slow.socket.resume();
  await vi.waitUntil(() => slow.newest === well.newest, SOON);
  expect(well.missed).toBe(0);
  expect(slow.missed).toBeGreaterThan(20);

  // Whoever comes later begins with the newest, and gets those before them in their turn.
  const late = await Listener.open(program);
  const had = (): Set<number> =>
    new Set(late.rows.flatMap(({ first, rows }) => rows.map((_, i) => first + i)));
  await vi.waitUntil(() => had().size === sent, SOON);
  expect(late.rows.length).toBeGreaterThan(1);
  expect(late.rows[0]?.first).toBeGreaterThan(0);
  expect(late.newest).toBeLessThan(late.rows[0]?.first ?? 0);
  for (const { socket } of [well, slow, late]) socket.close();
});
