/** Saves something that the page made as a file. */

/** A name for a file: "Temperature and power 2026-03-01 14-02.csv". */
export function fileName(title: string, timeMs: number, ending: string): string {
  const words = title.replaceAll(/[\\/:*?"<>|\p{Control}]+/gu, ' ').trim();
  const when = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000).toISOString();
  return `${words === '' ? 'chart' : words} ${when.slice(0, 16).replace('T', ' ').replace(':', '-')}.${ending}`;
}

export function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
