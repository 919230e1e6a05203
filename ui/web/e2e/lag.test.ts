import { spawn } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseMessage, type Rows } from '../src/protocol';
import { flowFolder, start, type Program } from './program';

const FLOW = `
twinflow: 1
name: Lag
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { number: { type: integer } } }
  shown: { type: dashboard-widget, from: fan, widget: value, fields: [number] }
`;
const EVERY_MS = 10;
/** Well beyond the two seconds after which a browser that does not read is said to lag. */
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
      rows.push(...messages.filter((message) => message.type === 'rows'));
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

test('a browser that did not read for a while gets the newest readings, and none that are old', async () => {
  const program = await start(flowFolder(FLOW));
  const [well, slow] = [await Listener.open(program), await Listener.open(program)];
  const machine = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', program.brokerPort, '-t', 'fan', '-l']);
  let sent = 0;
  const readings = setInterval(() => machine.stdin.write(`{"number": ${(sent += 1)}}\n`), EVERY_MS);
  slow.socket.pause();
  const begunMs = performance.now();
  await vi.waitUntil(() => performance.now() - begunMs > ASLEEP_MS && well.newest > 100, SOON);
  clearInterval(readings);
  machine.stdin.end();
  await vi.waitUntil(() => well.newest === sent - 1, SOON);
  slow.socket.resume();
  await vi.waitUntil(() => slow.newest === well.newest, SOON);
  expect(well.missed).toBe(0);
  expect(slow.missed).toBeGreaterThan(20);
  expect(slow.rows.at(-1)?.rows.length).toBeLessThanOrEqual(100);
  well.socket.close();
  slow.socket.close();
  expect(await program.stop()).toBe(0);
});
