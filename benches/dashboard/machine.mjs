/** A machine that publishes readings at an even pace, by a client that is not ours, and remembers when. */
import { spawn } from 'node:child_process';
import { nowMs } from './figures.mjs';

/** After so many readings the numbers begin anew: so many a gauge of the fan's speed can show. */
const NUMBERS = 3000;

/**
 * @param {string} brokerPort
 * @param {{ topic: string, hertz: number, reading: (count: number, number: number) => object }} what
 */
export function publish(brokerPort, { topic, hertz, reading }) {
  const to = ['-h', '127.0.0.1', '-p', brokerPort, '--nodelay', '-t', topic, '-l'];
  const client = spawn('mosquitto_pub', to, { stdio: ['pipe', 'ignore', 'inherit'] });
  process.once('exit', () => client.kill());
  /** When the latest reading of each number was given to the client. */
  const sentMs = new Array(NUMBERS).fill(Number.NaN);
  const begunMs = nowMs();
  let count = 0;
  let timer;
  const next = () => {
    const number = count % NUMBERS;
    const text = `${JSON.stringify(reading(count, number))}\n`;
    sentMs[number] = nowMs();
    client.stdin.write(text);
    count += 1;
    timer = setTimeout(next, Math.max(0, begunMs + (count * 1000) / hertz - nowMs()));
  };
  next();
  return {
    /** When a number was sent last. */
    sentMs: (number) => sentMs[number] ?? Number.NaN,
    get latest() {
      return (count - 1) % NUMBERS;
    },
    get count() {
      return count;
    },
    stop() {
      clearTimeout(timer);
      client.stdin.end();
    },
  };
}

const wave = (count, period) => Math.sin((2 * Math.PI * count) / period);

/** A sound fan, but for its speed, which is the number. */
export function fanReading(count, number) {
  return {
    timestamp: Math.round(nowMs()),
    temp: Number((32 + 3 * wave(count, 150)).toFixed(2)),
    rpm: number,
    current: Number((0.9 + 0.1 * wave(count, 40)).toFixed(3)),
    vibration: Number((0.03 + 0.005 * wave(count, 7)).toFixed(4)),
  };
}

/** What flows/fifty.yaml declares. */
export function fiftyReading(count, number) {
  const values = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`v${i}`, Number((50 + 40 * wave(count + 31 * i, 80 + 17 * i)).toFixed(2))]),
  );
  const states = ['idle', 'starting', 'running', 'stopping'];
  return { ...values, number, code: Math.floor(count / 100) % 4, state: states[Math.floor(count / 160) % 4] };
}
