/** CSV files that nodes write, made up as they are asked for: logs of days, and one of each run of an experiment. */
import { phaseAt } from './experiment.mjs';
import { LABELS } from './plant.mjs';

const DAY_MS = 86_400_000;
const READING_MS = 200;
const BYTES_A_ROW = 46;

const COLUMNS = [
  { name: 'temp', unit: '°C', kind: 'number' },
  { name: 'rpm', unit: 'rpm', kind: 'number' },
  { name: 'current', unit: 'A', kind: 'number' },
  { name: 'power', unit: 'W', kind: 'number' },
  { name: 'fault_label', unit: null, kind: 'text' },
];
const PHASE = { name: 'phase', unit: null, kind: 'text' };

/** @param {string} day @param {number} now */
const dayMs = (day, now) => {
  const [y = 0, m = 1, d = 1] = day.split('-').map(Number);
  const fromMs = new Date(y, m - 1, d).getTime();
  return { fromMs, toMs: Math.min(now, fromMs + DAY_MS) };
};

/** @param {number} timeMs */
const dayOf = (timeMs) => {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 10);
};

export class Files {
  /** @param {import('./experiment.mjs').Experiment} experiment */
  constructor(experiment) {
    this.experiment = experiment;
  }

  /** @param {string} node */
  list(node) {
    const now = Date.now();
    if (node === 'trial')
      return this.experiment.list().map(({ file, bytes, ended }) => ({
        ...{ name: file, bytes },
        modified: ended === null ? now : Date.parse(ended),
      }));
    return [0, 1, 2, 3, 4].map((ago) => {
      const { fromMs, toMs } = dayMs(dayOf(now - ago * DAY_MS), now);
      const rows = Math.floor((toMs - fromMs) / READING_MS);
      return { name: `fan-${dayOf(fromMs)}.csv`, bytes: rows * BYTES_A_ROW, modified: toMs };
    });
  }

  /** The stretch that a file is of; null where there is no such file. @param {string} node @param {string} name */
  stretchOf(node, name) {
    const now = Date.now();
    if (node !== 'trial') {
      const day = /^fan-(\d{4}-\d\d-\d\d)\.csv$/.exec(name)?.[1];
      return day === undefined ? null : dayMs(day, now);
    }
    const run = this.experiment.runs.find((candidate) => `${candidate.run}.csv` === name);
    return run === undefined ? null : { fromMs: run.startedMs, toMs: run.endedMs ?? now };
  }

  /** @param {string} node @param {string} name @param {URLSearchParams} query */
  columns(node, name, query) {
    const stretch = this.stretchOf(node, name);
    if (stretch === null) return null;
    const trial = node === 'trial';
    const from = Math.max(stretch.fromMs, Number(query.get('from') ?? stretch.fromMs));
    const to = Math.min(stretch.toMs, Number(query.get('to') ?? stretch.toMs));
    const points = Number(query.get('points') ?? 800);
    const stepMs = Math.max(READING_MS, (to - from) / points);
    const times = /** @type {number[]} */ ([]);
    for (let t = Math.ceil(from / READING_MS) * READING_MS; t < to; t += stepMs) times.push(Math.round(t));
    const columns = trial ? [...COLUMNS, PHASE] : COLUMNS;
    const asked = query.get('fields')?.split(',') ?? columns.map((column) => column.name);
    const at = (/** @type {number} */ t) => valuesAt(t, trial ? stretch.fromMs : null);
    const of = (/** @type {string} */ kind) =>
      Object.fromEntries(
        columns
          .filter((column) => column.kind === kind && asked.includes(column.name))
          .map((column) => [column.name, times.map((t) => at(t)[column.name] ?? null)]),
      );
    const rows = Math.max(times.length, Math.floor((to - from) / READING_MS));
    const keys = trial ? ['fan 1'] : ['fan 1', 'fan 2'];
    return { columns, keys, times, values: of('number'), texts: of('text'), rows, shown: times.length };
  }

  /** The beginning of a file: nobody looks at all of it. @param {string} node @param {string} name */
  csv(node, name) {
    const rows = this.columns(node, name, new URLSearchParams({ points: '50' }));
    if (rows === null) return null;
    const head = ['time', ...rows.columns.map((column) => column.name)].join(',');
    const all = { ...rows.values, ...rows.texts };
    const lines = rows.times.map((t, i) =>
      [new Date(t).toISOString(), ...rows.columns.map((column) => all[column.name]?.[i] ?? '')].join(','),
    );
    return [head, ...lines, ''].join('\r\n');
  }
}

/** @param {number} t @param {number | null} startMs of the run @returns {Record<string, number | string>} */
function valuesAt(t, startMs) {
  const s = startMs === null ? t / 1000 : (t - startMs) / 1000;
  const [phase] = startMs === null ? [''] : phaseAt(s);
  const code =
    startMs === null
      ? t % 1_200_000 < 180_000
        ? 1 + (Math.floor(t / 1_200_000) % 4)
        : 0
      : phase === 'fault'
        ? 3
        : 0;
  const size = startMs === null ? 1 : 0.7 + ((startMs / 1000) % 7) / 10;
  const rise = phase === 'fault' ? (s - 20) / 6 : phase === 'recovery' ? 6.6 - (s - 60) / 4 : 0;
  const noise = Math.sin(t * 12.9898) * 43758.5453;
  const wobble = noise - Math.floor(noise) - 0.5;
  const current = 1.32 + 0.05 * Math.sin(s / 23) + (code > 0 ? 0.3 * size : 0) + wobble * 0.04;
  return {
    temp: 25 + 2 * Math.sin(s / 47) + 3 * Math.sin(s / 13_750) + rise * size + wobble * 0.2,
    rpm: 2950 + 60 * Math.sin(s / 31) - (code > 0 ? 180 * size : 0) + wobble * 20,
    current,
    power: 230 * current,
    fault_label: LABELS[String(code)] ?? '',
    phase,
  };
}
