/** Numbers of a running flow in few characters. */

function short(value: number): string {
  if (value === 0) return '0';
  if (value < 10) return value.toFixed(1);
  return value < 9_999.5 ? value.toFixed(0) : `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`;
}

/** "5.0/s"; a dash as long as it is not known. */
export function rate(value: number | null): string {
  if (value === null) return '–';
  return value > 0 && value < 0.05 ? `${(value * 60).toFixed(1)}/min` : `${short(value)}/s`;
}

/** "0.42 ms", "310 µs", "1.2 s". */
export function batchTime(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A text that fits into so many letters. */
export function cut(text: string, letters: number): string {
  const all = [...text];
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join('')}…`;
}
