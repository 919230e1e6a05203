/** Runs of an experiment as node `experiment` makes them: some that were made, and those that are started on the page. */

export const PHASES = [
  { name: 'baseline', seconds: 20 },
  { name: 'fault', seconds: 40 },
  { name: 'recovery', seconds: 20 },
];
const WHOLE_S = PHASES.reduce((sum, { seconds }) => sum + seconds, 0);
const RATE_HZ = 5;
const BYTES_A_ROW = 61;

const FAULTS = [
  { value: { class: 1, severity: 'medium' }, label: 'Overcurrent' },
  { value: { class: 3, severity: 'high' }, label: 'Imbalance' },
  { value: { class: 2, severity: 'low' }, label: 'Thermal drift' },
];
export const PARAMETERS = [
  {
    name: 'fault',
    title: 'Fault',
    unit: null,
    range: null,
    step: null,
    options: FAULTS,
    default: FAULTS[1]?.value,
  },
  {
    name: 'load',
    title: 'Heat load',
    unit: 'W',
    range: [0, 500],
    step: 10,
    options: null,
    default: 120,
  },
];

/** @param {number} timeMs */
const nameAt = (timeMs) => new Date(timeMs).toISOString().slice(0, 19).replaceAll(':', '-');

/**
 * @typedef {{ run: string, startedMs: number, endedMs: number | null, outcome: string, reason: string | null, by: string, note: string,
 *   parameters: Record<string, unknown> }} Run
 */

/** @param {unknown} value */
const labelOf = (value) =>
  FAULTS.find((fault) => JSON.stringify(fault.value) === JSON.stringify(value))?.label ?? value;

export class Experiment {
  constructor() {
    /** Newest first. @type {Run[]} */
    this.runs = [];
    const notes = ['', 'After the new bearing', 'Window open, 17 °C in the hall', '', 'For the paper'];
    for (let i = 0; i < 14; i += 1) {
      const startedMs = Date.now() - (i * i * 2 + i + 1) * 3_600_000;
      const cut = i % 5 === 3;
      this.runs.push({
        run: nameAt(startedMs),
        startedMs,
        endedMs: startedMs + (cut ? 34 : WHOLE_S) * 1000,
        outcome: i === 8 ? 'interrupted' : cut ? 'stopped' : 'complete',
        reason: i === 8 ? 'the program ended' : cut ? 'stopped by anna' : null,
        by: i % 3 === 0 ? 'anna' : 'local',
        note: notes[i % notes.length] ?? '',
        parameters: { fault: FAULTS[i % 3]?.label, load: 100 + 20 * (i % 4) },
      });
    }
  }

  get running() {
    return this.runs.find(({ outcome }) => outcome === 'running');
  }

  /** One row of its view. @param {number} timeMs */
  step(timeMs) {
    const run = this.running;
    if (run === undefined) return [timeMs, '', '', '', null, null];
    const elapsed = (timeMs - run.startedMs) / 1000;
    if (elapsed >= WHOLE_S) {
      Object.assign(run, { outcome: 'complete', endedMs: timeMs });
      return [timeMs, '', '', '', null, null];
    }
    const [name, begin] = phaseAt(elapsed);
    return [timeMs, '', run.run, name, Math.max(0, elapsed), Math.max(0, elapsed - begin)];
  }

  /**
   * @param {string} operation @param {{ parameters?: Record<string, unknown>, note?: string }} wish
   * @returns {{ error: string } | object} what the server answers
   */
  operate(operation, wish) {
    const run = this.running;
    if (operation === 'list') return this.list();
    if (operation === 'stop') {
      if (run === undefined) return { error: 'no run is under way' };
      Object.assign(run, { outcome: 'stopped', reason: 'stopped by local', endedMs: Date.now() });
      return { run: run.run };
    }
    if (run !== undefined) return { error: `run ${run.run} is under way: stop it first` };
    if (Number(wish.parameters?.['load']) > 400)
      return { error: 'the heater allows 400 W at most while the filter is due' };
    const parameters = Object.fromEntries(
      Object.entries(wish.parameters ?? {}).map(([name, value]) => [name, labelOf(value)]),
    );
    const startedMs = Date.now();
    const note = wish.note ?? '';
    const base = {
      run: nameAt(startedMs),
      startedMs,
      endedMs: null,
      outcome: 'running',
      reason: null,
      by: 'local',
    };
    this.runs.unshift({ ...base, note, parameters });
    return { run: base.run };
  }

  list() {
    return this.runs.map(({ startedMs, endedMs, ...run }) => {
      const rows = Math.round((((endedMs ?? Date.now()) - startedMs) / 1000) * RATE_HZ);
      const ended = endedMs === null ? null : new Date(endedMs).toISOString();
      const file = `${run.run}.csv`;
      return {
        ...run,
        started: new Date(startedMs).toISOString(),
        ended,
        rows,
        file,
        bytes: rows * BYTES_A_ROW,
      };
    });
  }
}

/** @param {number} elapsed @returns {[name: string, begin: number]} */
export function phaseAt(elapsed) {
  let begin = 0;
  for (const { name, seconds } of PHASES) {
    if (elapsed < begin + seconds) return [name, begin];
    begin += seconds;
  }
  return [PHASES.at(-1)?.name ?? '', begin];
}
