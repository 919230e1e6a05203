/** The values of a field in a stretch of time, from live rows and from the archive. */
import { pastPoints } from '../archive/points';
import type { Field } from '../protocol';
import type { Window } from '../time/window';
import type { Backed } from './reading.svelte';

export interface Samples {
  readonly values: readonly number[];
  /** How many readings each value stands for. */
  readonly weights: readonly number[];
  /** The time that a mean stands for that is among the values; 0 when all are readings. */
  readonly stepMs: number;
}

export function samplesOf({ series, gaps, past }: Backed, field: Field, window: Window): Samples {
  const values: number[] = [];
  const weights: number[] = [];
  const stepMs = past?.stepMs ?? 0;
  // A mean counts as many times as there were readings in its time, by what is known of their interval.
  const intervalMs = series?.intervalMs ?? 0;
  const weight = stepMs > 0 && intervalMs > 0 ? Math.max(1, Math.round(stepMs / intervalMs)) : 1;
  for (const { mean } of pastPoints(past, field.name, gaps, window)) {
    if (mean === null) continue;
    values.push(mean);
    weights.push(weight);
  }
  const means = values.length > 0;
  for (let i = series?.firstFrom(window.fromMs) ?? 0; series !== null && i < series.length; i += 1) {
    if (series.time(i) > window.toMs) break;
    const value = series.number(field.slot, i);
    if (!Number.isFinite(value)) continue;
    values.push(value);
    weights.push(1);
  }
  return { values, weights, stepMs: means ? stepMs : 0 };
}
