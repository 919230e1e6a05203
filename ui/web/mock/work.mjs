/** What is behind the page `Work`: loops, an experiment, totals and logs. */
import { Experiment } from './experiment.mjs';
import { Files } from './files.mjs';
import { Loop } from './loop.mjs';
import { totals } from './totals.mjs';

const PERIOD_MS = 1_000;

export class Work {
  /** @param {string[]} machines */
  constructor(machines) {
    this.machines = machines;
    this.loops = machines.map((key, i) => new Loop(key, i * 3));
    this.safe = new Loop('', 0, 'No measured value for 10 s');
    this.experiment = new Experiment();
    this.files = new Files(this.experiment);
  }

  /** @param {number} timeMs @param {number} everyMs @returns {[stream: string, row: unknown[]][]} */
  step(timeMs, everyMs) {
    if (timeMs % PERIOD_MS >= everyMs) return [];
    return [
      ...this.loops.map((loop) => /** @type {[string, unknown[]]} */ (['heating', loop.step(timeMs)])),
      ['water', this.safe.step(timeMs)],
      ['trial', this.experiment.step(timeMs)],
    ];
  }

  /** @param {boolean} on */
  fail(on) {
    for (const loop of this.loops) loop.fail(on);
  }

  /**
   * What a node answers to an operation; null when it is none of ours.
   * @param {string} node @param {string} operation @param {{ key?: string, value?: number, output?: number, parameters?: Record<string, unknown>, note?: string }} wish
   * @returns {{ error: string } | object | null}
   */
  operate(node, operation, wish) {
    if (node === 'trial') return this.experiment.operate(operation, wish);
    if (node === 'water') return this.safe.operate(operation, wish);
    if (node !== 'heating') return null;
    const loop = this.loops.find(({ key }) => key === wish.key) ?? this.loops[0];
    return loop?.operate(operation, wish) ?? null;
  }

  /**
   * @param {URL} url
   * @returns {{ status: number, body: object | string } | null} null when it is none of ours
   */
  answer({ pathname, searchParams }) {
    const [what = '', node = '', name, columns] = pathname.split('/').slice(2).map(decodeURIComponent);
    if (what === 'totals') {
      const machine = Math.max(0, this.machines.indexOf(searchParams.get('key') ?? ''));
      return { status: 200, body: totals(searchParams, machine) };
    }
    if (what !== 'files') return null;
    if (node === 'elsewhere') return { status: 503, body: { error: 'the disk /mnt/usb is not there' } };
    if (name === undefined) return { status: 200, body: node === 'empty' ? [] : this.files.list(node) };
    const body =
      columns === 'columns'
        ? this.files.columns(node, name, searchParams)
        : this.files.csv(node, name.replace(/\.json$/, '.csv'));
    if (body === null) return { status: 404, body: { error: `there is no file ${name}` } };
    return { status: 200, body };
  }
}
