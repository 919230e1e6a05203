/** How much the fan used by the hour, the day and the shift: what `GET /api/totals/{node}` answers. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PRICE = 0.31;
const CO2_G_PER_WH = 0.233;

export const SHIFTS = [
  { name: 'Early', from: '06:00', to: '14:00' },
  { name: 'Late', from: '14:00', to: '22:00' },
  { name: 'Night', from: '22:00', to: '06:00' },
];
export const COST = { price: PRICE, per: 'kWh', currency: '€' };
/** Nothing was recorded for so long, two days ago. */
const HOLE = /** @type {const} */ ([50 * HOUR_MS, 45 * HOUR_MS]);

/** The energy in Wh of an hour. @param {number} timeMs */
function hourly(timeMs) {
  const hour = new Date(timeMs).getHours();
  const weekend = [0, 6].includes(new Date(timeMs).getDay());
  const base = hour < 6 || hour >= 22 ? 120 : 290;
  return (weekend ? 0.4 : 1) * (base + 40 * Math.sin(timeMs / 9_100_000) + 18 * Math.sin(timeMs / 2_300_000));
}

/** @param {number} fromMs @param {number} toMs */
function increase(fromMs, toMs) {
  const now = Date.now();
  let sum = 0;
  let known = false;
  for (let t = Math.floor(fromMs / HOUR_MS) * HOUR_MS; t < toMs; t += HOUR_MS) {
    if (t >= now || (t >= now - HOLE[0] && t < now - HOLE[1])) continue;
    const share = (Math.min(toMs, t + HOUR_MS, now) - Math.max(fromMs, t)) / HOUR_MS;
    sum += hourly(t) * Math.max(0, share);
    known = true;
  }
  return known ? sum : null;
}

/** The local begin of every bucket, and the end of the last. @param {string} by @param {number} fromMs @param {number} toMs */
function edges(by, fromMs, toMs) {
  const first = new Date(fromMs);
  first.setMinutes(0, 0, 0);
  if (by !== 'hour') first.setHours(by === 'day' ? 0 : 6);
  if (by === 'shift' && first.getTime() > fromMs) first.setDate(first.getDate() - 1);
  const step = by === 'hour' ? 1 : by === 'day' ? 24 : 8;
  const all = [];
  while (first.getTime() < toMs) {
    all.push(first.getTime());
    first.setHours(first.getHours() + step);
  }
  return [...all, first.getTime()];
}

/** @param {URLSearchParams} query @param {number} offset of the machine */
export function totals(query, offset) {
  const by = query.get('by') ?? 'hour';
  const toMs = Number(query.get('to') ?? Date.now());
  const days = by === 'hour' ? 1 : by === 'day' ? 30 : 7;
  const fromMs = Number(query.get('from') ?? toMs - days * DAY_MS);
  const marks = edges(by, fromMs, toMs);
  const buckets = marks.slice(0, -1).map((from, i) => {
    const to = marks[i + 1] ?? toMs;
    const name =
      by === 'shift' ? (SHIFTS[Math.floor(((new Date(from).getHours() + 18) % 24) / 8)]?.name ?? '') : null;
    return { from, to, name, whole: from >= fromMs && to <= toMs };
  });
  const energy = buckets.map(({ from, to }) => {
    const wh = increase(Math.max(from, fromMs), Math.min(to, toMs));
    return wh === null ? null : wh * (1 + offset / 10);
  });
  const sum = energy.reduce((total, wh) => /** @type {number} */ (total) + (wh ?? 0), 0) ?? 0;
  const co2 = energy.map((wh) => (wh === null ? null : wh * CO2_G_PER_WH));
  return {
    ...{ by, from: fromMs, to: toMs, buckets },
    fields: {
      energy: { unit: 'Wh', increases: energy, sum, cost: (sum / 1000) * PRICE },
      co2: { unit: 'g', increases: co2, sum: sum * CO2_G_PER_WH, cost: null },
    },
    currency: '€',
  };
}
