/** Percentiles, straight lines, and how figures are written. */

/** The value below which so many of a hundred lie. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? Number.NaN;
}

export const median = (values) => percentile(values, 50);

/** By how much `y` rises for each `x`: the line of least squares through points `[x, y]`. */
export function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point[0]), mean((point) => point[1])];
  return mean((point) => (point[0] - x) * (point[1] - y)) / mean((point) => (point[0] - x) ** 2);
}

export function spread(values) {
  if (values.length === 0) throw new Error('nothing was measured');
  return [50, 95, 99].map((percent) => percentile(values, percent).toFixed(0)).join(' / ');
}

export const percent = (share) => `${(share * 100).toFixed(1)} %`;
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** The present in milliseconds since 1970, with fractions: the same clock in Node and in pages. */
export const nowMs = () => performance.timeOrigin + performance.now();

export const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));
