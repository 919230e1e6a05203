/** The stretches of the states of a field: from live rows, and from the archive where there are none. */
import { firstAt } from '../archive/join';
import { formatCell } from '../format';
import type { Cell, Field, PastStates } from '../protocol';
import type { Series } from '../store/series';
import type { Window } from '../time/window';
import { codeName, type Backed } from './reading.svelte';
import { runsOf, type Run } from './runs';

/** The archive gives a sign of life every minute while a state lasts: after so long without one nothing is known. */
const SIGN_OF_LIFE_MS = 120_000;

/** The word for a state; null when there is none. */
export function stateName(field: Field, cell: Cell): string | null {
  if (cell === null) return null;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'boolean' || field.type === 'boolean') return formatCell(cell, field);
  return codeName(field, cell);
}

function cellAt(series: Series, field: Field, i: number): Cell {
  if (series.isText(field.slot)) return series.text(field.slot, i);
  const code = series.number(field.slot, i);
  return Number.isNaN(code) ? null : code;
}

function liveRuns(series: Series, field: Field, window: Window, silenceMs: number): Run[] {
  const first = Math.max(0, series.firstFrom(window.fromMs) - 1);
  const states = {
    count: series.length - first,
    time: (i: number) => series.time(first + i),
    state: (i: number) => stateName(field, cellAt(series, field, first + i)),
  };
  return runsOf(states, window.toMs, silenceMs);
}

function pastRuns(past: PastStates, field: Field, gap: Window, toMs: number, silenceMs: number): Run[] {
  // The change before the gap is the state in which it begins.
  const first = Math.max(0, firstAt(past.times, gap.fromMs) - 1);
  const end = firstAt(past.times, gap.toMs);
  const states = {
    count: end - first,
    time: (i: number) => past.times[first + i] ?? Number.NaN,
    state: (i: number) => stateName(field, past.values[first + i] ?? null),
  };
  return runsOf(states, Math.min(gap.toMs, toMs), Math.max(SIGN_OF_LIFE_MS, silenceMs))
    .map((run) => ({ ...run, fromMs: Math.max(run.fromMs, gap.fromMs), toMs: Math.min(run.toMs, gap.toMs) }))
    .filter((run) => run.toMs >= run.fromMs);
}

/** In the order of their time, with no two of one state side by side. */
function merged(runs: readonly Run[]): Run[] {
  const all: Run[] = [];
  for (const run of [...runs].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last !== undefined && last.state === run.state && last.toMs >= run.fromMs)
      all[all.length - 1] = { ...last, toMs: Math.max(last.toMs, run.toMs) };
    else all.push(run);
  }
  return all;
}

export function stateRuns(
  { series, gaps, past }: Backed,
  field: Field,
  window: Window,
  silenceMs: number,
): Run[] {
  const states = past?.states[field.name];
  const before =
    states === undefined ? [] : gaps.flatMap((gap) => pastRuns(states, field, gap, window.toMs, silenceMs));
  const live = series === null ? [] : liveRuns(series, field, window, silenceMs);
  return merged([...before, ...live]).filter((run) => run.toMs >= window.fromMs && run.fromMs <= window.toMs);
}
