/** All streams of one layout. */
import { widgetsOf, type Dashboard, type Row, type Rows, type Widget } from '../protocol';
import { columnsOf } from './column';
import { Stream, type Machine } from './stream';

/** Made when there is something to compare: a browser takes its time to load what it needs for one. */
let byName: Intl.Collator | undefined;

/** By their names as people count: "fan 9" before "fan 10". */
export function sortKeys(keys: readonly string[]): string[] {
  if (keys.length < 2) return [...keys];
  byName ??= new Intl.Collator('en', { numeric: true });
  return [...keys].sort(byName.compare);
}

const NONE: ReadonlyMap<string, Machine> = new Map();

export class Streams {
  private readonly streams = new Map<string, Stream>();

  constructor(dashboard: Dashboard) {
    const byStream = new Map<string, Widget[]>();
    for (const widget of widgetsOf(dashboard)) {
      if (widget.stream === '') continue;
      const sharing = byStream.get(widget.stream);
      if (sharing === undefined) byStream.set(widget.stream, [widget]);
      else sharing.push(widget);
    }
    for (const [name, widgets] of byStream) this.streams.set(name, new Stream(columnsOf(widgets)));
  }

  /** What to ask the server to go on from. */
  since(): Record<string, number> {
    const held: Record<string, number> = {};
    for (const [name, stream] of this.streams) {
      if (stream.lastSeq !== null) held[name] = stream.lastSeq;
    }
    return held;
  }

  accept(message: Rows, arrivedMs: number, history: boolean): readonly Row[] {
    return this.streams.get(message.stream)?.accept(message, arrivedMs, history) ?? [];
  }

  /** The machines of a stream; one with an empty name when it is not kept by machine. */
  machines(stream: string): ReadonlyMap<string, Machine> {
    return this.streams.get(stream)?.machines ?? NONE;
  }

  /** The rows of a machine. A stream that is not kept by machine (one empty key) belongs to all of them. */
  machine(stream: string, key: string): Machine | null {
    const machines = this.streams.get(stream)?.machines;
    return machines?.get(key) ?? machines?.get('') ?? null;
  }

  /** The machines seen, in the order of their names. */
  keys(): string[] {
    const keys = new Set<string>();
    for (const stream of this.streams.values()) {
      for (const key of stream.machines.keys()) {
        if (key !== '') keys.add(key);
      }
    }
    return sortKeys([...keys]);
  }

  /** Time since the last row of a machine on any stream, in milliseconds; infinite when there was none. */
  ageMs(key: string, nowMs: number): number {
    let age = Number.POSITIVE_INFINITY;
    for (const name of this.streams.keys()) {
      age = Math.min(age, this.machine(name, key)?.arrival.ageMs(nowMs) ?? age);
    }
    return age;
  }
}
