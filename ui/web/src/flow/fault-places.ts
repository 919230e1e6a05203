/** The places that a report of a broken edit names: `flow.yaml:12:5`. */
import type { FlowFile } from '../protocol/flow';

export interface FaultPlace {
  readonly path: string;
  readonly line: number;
}

const PLACE = /([^\s:'"`()]+\.ya?ml):(\d+)(?::\d+)?/g;

/** The file that a report means may be written from another folder. */
function fileOf(said: string, files: readonly FlowFile[]): string | null {
  const found = files.find(
    ({ path }) => path === said || path.endsWith(`/${said}`) || said.endsWith(`/${path}`),
  );
  return found?.path ?? null;
}

export function faultPlaces(report: string, files: readonly FlowFile[]): readonly FaultPlace[] {
  const places = new Map<string, FaultPlace>();
  for (const [whole, said = '', line = ''] of report.matchAll(PLACE)) {
    const path = fileOf(said, files);
    if (path !== null) places.set(whole, { path, line: Number(line) });
  }
  return [...places.values()];
}
