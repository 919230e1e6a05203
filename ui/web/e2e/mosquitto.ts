/** MQTT clients that are not ours. */
import { spawn, spawnSync } from 'node:child_process';
import type { Program } from './program';

const MISSING = 'mosquitto_pub and mosquitto_sub are missing: install the package mosquitto-clients';

function isMissing(error: Error): boolean {
  return 'code' in error && error.code === 'ENOENT';
}

/**
 * Publishes at QoS 1: when this returns, the broker has the message. It is retained, so that a subscriber that is only
 * about to come gets it, too.
 */
export function publish(program: Program, topic: string, payload: string): void {
  const to = ['-h', '127.0.0.1', '-p', program.brokerPort, '-q', '1', '-r', '-t', topic, '-s'];
  const { error, status, stderr } = spawnSync('mosquitto_pub', to, { input: payload, encoding: 'utf8' });
  if (error !== undefined) throw isMissing(error) ? new Error(MISSING) : error;
  if (status !== 0) throw new Error(`mosquitto_pub ended with ${status}: ${stderr}`);
}

/** Publishes a JSON object. */
export function send(program: Program, topic: string, content: object): void {
  publish(program, topic, JSON.stringify(content));
}

/** Retained before a subscription and part of it: when it comes back, the subscription stands. */
const READY = 'e2e/ready';

/** Subscribes; when this resolves, the subscription stands, and `next` is the first message after that. */
export async function subscribe(program: Program, topic: string): Promise<{ next: Promise<string> }> {
  publish(program, READY, 'ready');
  const from = ['-h', '127.0.0.1', '-p', program.brokerPort, '-t', topic, '-t', READY];
  const client = spawn('mosquitto_sub', [...from, '-C', '2', '-F', '%t %p']);
  process.once('exit', () => client.kill());
  let said = '';
  const next = new Promise<string>((done, fail) => {
    client.on('close', () => {
      const [, message] = said.split('\n');
      if (message?.startsWith(`${topic} `)) done(message.slice(topic.length + 1));
      else fail(new Error(`mosquitto_sub ended without a message on ${topic}: ${said}`));
    });
  });
  next.catch(() => undefined); // Told to whoever waits for it; what fails before that is told below.
  await new Promise<void>((done, fail) => {
    client.stdout.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.startsWith(`${READY} ready\n`)) done();
    });
    client.on('error', (error) => fail(isMissing(error) ? new Error(MISSING) : error));
    client.on('close', () => fail(new Error(`mosquitto_sub could not subscribe to ${topic}: ${said}`)));
  });
  return { next };
}
