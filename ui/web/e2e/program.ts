/** The real program, started with a flow of the test's own, and MQTT clients that are not ours. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of the repository, from which the flows and the model are taken. */
export const ROOT = resolve(import.meta.dirname, '../../..');

export interface Program {
  readonly url: string;
  readonly port: string;
  readonly broker: string;
  /** Where the flow stands, and what it writes. */
  readonly folder: string;
  /** Asks it to end; gives the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

function binary(): string {
  const path = process.env['TWINFLOW'];
  if (path === undefined || !existsSync(path))
    throw new Error(
      `TWINFLOW must name the built program (cargo build --release), found ${path ?? 'nothing'}`,
    );
  return path;
}

/** Writes a flow into a folder of its own. */
export function flowFolder(flow: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinflow-e2e-'));
  writeFileSync(join(folder, 'flow.yaml'), flow);
  return folder;
}

/** Starts the flow in `folder` and waits until the program says that it runs. */
export async function start(folder: string, port = '0'): Promise<Program> {
  const child: ChildProcess = spawn(binary(), ['run', 'flow.yaml', '--listen', port], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  const said = await new Promise<string>((done, fail) => {
    let text = '';
    child.stderr?.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes('Ctrl-C stops it.')) done(text);
    });
    void ended.then((code) => fail(new Error(`it ended with ${code}:\n${text}`)));
  });
  const address = (pattern: RegExp): string => {
    const found = pattern.exec(said)?.[1];
    if (found === undefined) throw new Error(`${pattern} is not in:\n${said}`);
    return found;
  };
  const at = address(/dashboard {2}http:\/\/127\.0\.0\.1:(\d+)/);
  return {
    url: `http://127.0.0.1:${at}/`,
    port: at,
    broker: address(/broker {5}mqtt:\/\/127\.0\.0\.1:(\d+)/),
    folder,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Publishes with `mosquitto_pub`, retained: a subscriber that comes later gets it, too. */
export function publish(program: Program, topic: string, payload: string): void {
  const at = ['-h', '127.0.0.1', '-p', program.broker, '-q', '1', '-r', '-t', topic, '-s'];
  execFileSync('mosquitto_pub', at, { input: payload });
}

/** The next message on a topic, by `mosquitto_sub`. */
export function nextMessage(program: Program, topic: string): Promise<string> {
  const client = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', program.broker, '-t', topic, '-C', '1']);
  let text = '';
  client.stdout.on('data', (part: Buffer) => (text += part.toString()));
  return new Promise((done, fail) => {
    client.on('error', () => fail(new Error('mosquitto_sub is missing: install mosquitto-clients')));
    client.on('exit', () => done(text.trim()));
  });
}

/** The fan flow without faults that come by themselves, on a broker of its own. */
export function fanFlow(): string {
  return readFileSync(join(ROOT, 'flows/fan-cooling.yaml'), 'utf8')
    .replace('${TWINFLOW_BROKER:-embedded}', 'embedded://127.0.0.1:0')
    .replace('../models', join(ROOT, 'models'))
    .replace('asset_id: fan-1', 'asset_id: fan-1\n    faults: none');
}
