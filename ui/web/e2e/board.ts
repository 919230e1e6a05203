/** The board's own program, compiled for this computer, behind a network that can be pulled. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './program';

const SKETCH = join(ROOT, 'firmware/uno-r4-wifi');
/** The folders of sources that know nothing of Arduino. */
const PORTABLE = ['plant', 'wire', 'timing', 'network', 'sensors', 'edge', 'machine'];

/** Compiles the board's program into a folder, and gives its path. */
export function compileBoard(folder: string): string {
  const cpp = (path: string): string[] =>
    readdirSync(path)
      .filter((name) => name.endsWith('.cpp'))
      .map((name) => join(path, name));
  const sources = PORTABLE.flatMap((name) => cpp(join(SKETCH, 'src', name)));
  const host = ['board.cpp', 'posix_hal.cpp'].map((name) => join(SKETCH, 'host', name));
  const program = join(folder, 'board');
  const { error, status, stderr } = spawnSync(
    'g++',
    ['-std=c++17', '-O1', '-o', program, ...sources, ...host],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw new Error(`g++ does not run: ${error.message}; scripts/test installs it`);
  if (status !== 0) throw new Error(`g++ ended with ${status}: ${stderr}`);
  return program;
}

export interface Board {
  /** Ends it. */
  stop(): void;
}

/** Starts a board that reaches its broker at `port`. */
export function startBoard(program: string, port: string | number, assetId: string): Board {
  const child = spawn(program, ['127.0.0.1', String(port), assetId], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return { stop: () => void child.kill('SIGKILL') };
}

export interface Network {
  readonly port: number;
  /** Nothing goes through any more, and nothing new can connect. */
  pull(): void;
  plugIn(): void;
  close(): void;
}

/** A way to a broker that can be pulled. */
export async function network(brokerPort: string): Promise<Network> {
  const open = new Set<Socket>();
  let isPulled = false;
  const server = createServer((near) => {
    if (isPulled) {
      near.destroy();
      return;
    }
    const far = connect(Number(brokerPort), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const pull = (): void => {
    isPulled = true;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    pull,
    plugIn() {
      isPulled = false;
    },
    close() {
      pull();
      server.close();
    },
  };
}
