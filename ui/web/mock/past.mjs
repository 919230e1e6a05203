/** A past of any length, made up by a formula: what `GET /api/history/{stream}` answers. */

import { LABELS } from './plant.mjs';

const DAY_MS = 86_400_000;
const READING_MS = 200;

/** @type {Record<string, (t: number) => number>} */
const CURVES = {
  temp: (t) => 25 + 2.5 * Math.sin(t / 47_000) + 3 * Math.sin((t / DAY_MS) * 2 * Math.PI),
  rpm: (t) => 2950 + 60 * Math.sin(t / 31_000),
  current: (t) => 1.32 + 0.05 * Math.sin(t / 23_000),
  vibration: (t) => 0.043 + 0.006 * Math.sin(t / 3_100),
  power: (t) => 230 * (1.32 + 0.05 * Math.sin(t / 23_000)),
  energy: (t) => 94 + (304 * (t % (7 * DAY_MS))) / 3_600_000,
  co2: (t) => 0.233 * (94 + (304 * (t % (7 * DAY_MS))) / 3_600_000),
  cooling_rate: (t) => 0.05 * Math.cos(t / 47_000),
  thermal_efficiency: (t) => 20 + 8 * Math.sin(t / 60_000),
};
const SPREAD = /** @type {Record<string, number>} */ ({
  temp: 0.6,
  rpm: 25,
  current: 0.04,
  vibration: 0.007,
  power: 9,
});

/** Faults come every twenty minutes and last for three. @param {number} t */
const codeAt = (t) => (t % 1_200_000 < 180_000 ? 1 + (Math.floor(t / 1_200_000) % 4) : 0);

/** The changes of a state, and a sign of life every minute. @param {number} fromMs @param {number} toMs */
function statesOf(fromMs, toMs) {
  const times = [];
  for (let t = Math.floor(fromMs / 60_000) * 60_000; t < toMs; t += 60_000) times.push(t);
  const codes = times.map(codeAt);
  return {
    fault_code: { times, values: codes },
    fault_label: { times, values: codes.map((code) => LABELS[String(code)]) },
    anomaly: { times, values: codes.map((code) => (code === 0 ? 'Normal' : LABELS[String(code)])) },
  };
}

/** @param {number} fromMs @param {number} toMs @param {number} points @param {number} [offset] of the machine */
export function past(fromMs, toMs, points, offset = 0) {
  const raw = (toMs - fromMs) / READING_MS <= points;
  const stepMs = raw ? READING_MS : (toMs - fromMs) / points;
  const times = /** @type {number[]} */ ([]);
  for (let t = Math.ceil(fromMs / stepMs) * stepMs; t < toMs; t += stepMs) times.push(Math.round(t));
  // The server stood still for a while, three hours ago.
  const hole = (/** @type {number} */ t) =>
    t > Date.now() - 3.3 * 3_600_000 && t < Date.now() - 3 * 3_600_000;
  const fields = Object.fromEntries(
    Object.entries(CURVES).map(([name, curve]) => {
      const mean = times.map((t) => (hole(t) ? null : curve(t) * (1 + offset / 10)));
      const spread = SPREAD[name] ?? 0;
      const shifted = (/** @type {number} */ by) => mean.map((value) => (value === null ? null : value + by));
      return [name, raw ? { mean } : { mean, min: shifted(-spread), max: shifted(spread) }];
    }),
  );
  return { fromMs, toMs, stepMs: raw ? 0 : stepMs, times, fields, states: statesOf(fromMs, toMs) };
}
