/** The program with a flow of the bench, and what it costs. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Bytes of memory that a process has now. */
export function residentBytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

/** Starts a flow, and resolves when it runs. */
export async function start(flow) {
  const folder = mkdtempSync(join(tmpdir(), 'twinflow-bench-'));
  writeFileSync(join(folder, 'flow.yaml'), flow);
  const child = spawn(resolve(process.env.TWINFLOW), ['run', 'flow.yaml', '--listen', '127.0.0.1:0'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const clear = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clear);
  const ended = new Promise((done) => child.on('exit', done));
  const said = await new Promise((done, fail) => {
    let text = '';
    child.stderr.on('data', (part) => {
      text += part;
      if (text.includes('Ctrl-C stops it.')) done(text);
    });
    child.on('error', fail);
    void ended.then((code) => fail(new Error(`twinflow ended with ${code}:\n${text}`)));
  });
  const [, url] = /^ {2}dashboard {2}(\S+)$/m.exec(said);
  const [, brokerPort] = /^ {2}broker {5}mqtt:\/\/127\.0\.0\.1:(\d+) /m.exec(said);
  return {
    url,
    brokerPort,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', clear);
      clear();
    },
  };
}

function replaced(flow, from, to) {
  const made = flow.replace(from, to);
  if (made === flow) throw new Error(`flows/fan-cooling.yaml no longer has: ${from}`);
  return made;
}

/** The flow of the documents with a broker of its own. */
export function fanFlow() {
  let flow = readFileSync(join(ROOT, 'flows/fan-cooling.yaml'), 'utf8');
  flow = replaced(flow, '${TWINFLOW_BROKER:-embedded}', 'embedded://127.0.0.1:0');
  return flow.replaceAll('../models/fan-twin.json', join(ROOT, 'models/fan-twin.json'));
}

/** The same without the simulated fan: the bench publishes the readings. */
export function fanFlowWithoutFan() {
  return replaced(fanFlow(), /^ {2}machine:\n(?: {4}.*\n)+/m, '');
}

/** Fifty widgets of all kinds that show something, on one page. */
export function fiftyFlow() {
  return readFileSync(join(import.meta.dirname, 'flows/fifty.yaml'), 'utf8');
}
