/** The real program, started with a flow of the test's own. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of the repository, from which the flows and the model are taken. */
export const ROOT = resolve(import.meta.dirname, '../../..');
export const MODEL = join(ROOT, 'models/fan-twin.json');

export interface Program {
  readonly url: string;
  /** Where the dashboard listens, for a start at the same place. */
  readonly listen: string;
  readonly brokerPort: string;
  /** Where the flow stands, and what it writes. */
  readonly folder: string;
  /** Asks it to end, takes its folder away, and gives the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

function binary(): string {
  const path = process.env['TWINFLOW'];
  if (path === undefined || !existsSync(path))
    throw new Error(`TWINFLOW must name the built program (cargo build), found ${path ?? 'nothing'}`);
  return resolve(path);
}

/** Writes a flow into a folder of its own. */
export function flowFolder(flow: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinflow-e2e-'));
  writeFileSync(join(folder, 'flow.yaml'), flow);
  return folder;
}

/** Starts the flow in `folder` and waits until the program says that it runs. */
export function start(folder: string, listen = '127.0.0.1:0'): Promise<Program> {
  return serve(folder, ['run', 'flow.yaml', '--listen', listen]);
}

/** The same for those who log in: `users.toml` in the folder says who they are. */
export function startGuarded(folder: string): Promise<Program> {
  return serve(folder, ['run', 'flow.yaml', '--listen', '127.0.0.1:0', '--users', 'users.toml']);
}

/** Adds somebody to the users file of a folder. */
export function addUser(folder: string, name: string, role: string, password: string): void {
  const { status, stderr } = spawnSync(binary(), ['user', 'add', name, '--role', role], {
    cwd: folder,
    input: `${password}\n`,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`twinflow user add ended with ${status}: ${stderr}`);
}

/** Shows the log in `folder` again, so many times as fast as it was. */
export function replay(folder: string, speed: number): Promise<Program> {
  const log = ['--from', 'log.csv', '--speed', `${speed}x`];
  return serve(folder, ['replay', 'flow.yaml', ...log, '--listen', '127.0.0.1:0']);
}

async function serve(folder: string, args: readonly string[]): Promise<Program> {
  const child = spawn(binary(), args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // A run that is given up must not leave it behind.
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  const said = await new Promise<string>((done, fail) => {
    let text = '';
    child.stderr.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes('Ctrl-C stops it.')) done(text);
    });
    child.on('error', fail);
    void ended.then((code) => fail(new Error(`it ended with ${code}:\n${text}`)));
  });
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(said)?.[1];
    if (found === undefined) throw new Error(`${pattern} is not in:\n${said}`);
    return found;
  };
  const address = find(/^ {2}dashboard {2}http:\/\/(127\.0\.0\.1:\d+)\/$/m);
  return {
    url: `http://${address}/`,
    listen: address,
    get brokerPort() {
      return find(/^ {2}broker {5}mqtt:\/\/127\.0\.0\.1:(\d+) \(embedded\)$/m);
    },
    folder,
    async stop() {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true });
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The flow of the documents, without faults that come by themselves, on a broker of its own. */
export function fanFlow(): string {
  const replaced = (flow: string, from: string, to: string): string => {
    if (!flow.includes(from)) throw new Error(`flows/fan-cooling.yaml no longer has: ${from}`);
    return flow.replaceAll(from, to);
  };
  let flow = readFileSync(join(ROOT, 'flows/fan-cooling.yaml'), 'utf8');
  flow = replaced(flow, '${TWINFLOW_BROKER:-embedded}', 'embedded://127.0.0.1:0');
  flow = replaced(flow, '../models/fan-twin.json', MODEL);
  return replaced(flow, 'asset_id: fan-1\n', 'asset_id: fan-1\n    faults: none\n');
}
