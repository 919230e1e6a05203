/** The lines of `GET /api/tap/{node}`. */
import * as check from '../check';

export interface TapRecord {
  readonly kind: 'record';
  readonly time: string;
  /** The machine it belongs to. */
  readonly key: string;
  /** Null for what arrives at a node without outputs. */
  readonly output: string | null;
  readonly fields: check.JsonObject;
}

export interface TapMissed {
  readonly kind: 'missed';
  readonly count: number;
}

export type TapLine = TapRecord | TapMissed;

/** Reads one line. Throws a {@link check.ShapeError}, or a SyntaxError when it is not JSON. */
export function parseTapLine(line: string): TapLine {
  const raw = check.object(JSON.parse(line) as unknown, 'line');
  if (raw['missed'] !== undefined) return { kind: 'missed', count: check.index(raw['missed'], 'missed') };
  return {
    kind: 'record',
    time: check.text(raw['time'], 'time'),
    key: check.text(raw['key'], 'key'),
    output: check.optional(raw['output'], 'output', check.text),
    fields: check.object(raw['fields'], 'fields'),
  };
}
