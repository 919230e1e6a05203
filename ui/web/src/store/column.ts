/** The storage of one slot of a series: a fixed number of places that {@link Series} uses as a ring. */
import type { Cell, Field, Widget } from '../protocol';

export type ColumnKind = 'number' | 'text';

export interface Column {
  write(place: number, cell: Cell): void;
  swap(a: number, b: number): void;
  /** Moves the ring that begins at `start` into `size` places, so that it begins at 0. */
  resize(size: number, start: number): void;
  numberAt(place: number): number;
  textAt(place: number): string | null;
}

/** Numbers, booleans as 1 and 0, times as milliseconds; NaN is "no value". */
export class NumberColumn implements Column {
  private data: Float64Array;

  constructor(size: number) {
    this.data = new Float64Array(size);
  }

  write(place: number, cell: Cell): void {
    this.data[place] = toNumber(cell);
  }

  swap(a: number, b: number): void {
    const kept = this.numberAt(a);
    this.data[a] = this.numberAt(b);
    this.data[b] = kept;
  }

  resize(size: number, start: number): void {
    const grown = new Float64Array(size);
    grown.set(this.data.subarray(start));
    grown.set(this.data.subarray(0, start), this.data.length - start);
    this.data = grown;
  }

  numberAt(place: number): number {
    return this.data[place] ?? Number.NaN;
  }

  textAt(place: number): string | null {
    const value = this.numberAt(place);
    return Number.isNaN(value) ? null : String(value);
  }
}

export class TextColumn implements Column {
  private data: (string | null)[];
  private lastWritten: string | null = null;

  constructor(size: number) {
    this.data = new Array<string | null>(size).fill(null);
  }

  write(place: number, cell: Cell): void {
    const text = cell === null ? null : String(cell);
    // A text mostly repeats the one before: keep one copy of it, not one a row.
    if (text !== this.lastWritten) this.lastWritten = text;
    this.data[place] = this.lastWritten;
  }

  swap(a: number, b: number): void {
    const kept = this.textAt(a);
    this.data[a] = this.textAt(b);
    this.data[b] = kept;
  }

  resize(size: number, start: number): void {
    const turned = [...this.data.slice(start), ...this.data.slice(0, start)];
    while (turned.length < size) turned.push(null);
    this.data = turned;
  }

  numberAt(): number {
    return Number.NaN;
  }

  textAt(place: number): string | null {
    return this.data[place] ?? null;
  }
}

function toNumber(cell: Cell): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  // The only text that stands for a number is an ISO 8601 time.
  return cell === null ? Number.NaN : Date.parse(cell);
}

function kindOf(field: Field): ColumnKind {
  return field.type === 'text' || field.type === 'json' ? 'text' : 'number';
}

/** The slots that a set of widgets reads from one stream; what nothing shows is not kept. */
export function columnsOf(widgets: readonly Widget[]): Map<number, ColumnKind> {
  const kinds = new Map<number, ColumnKind>();
  for (const widget of widgets) {
    for (const field of widget.fields) {
      if (kinds.get(field.slot) !== 'text') kinds.set(field.slot, kindOf(field));
    }
    if (widget.alert !== null && !kinds.has(widget.alert)) kinds.set(widget.alert, 'number');
  }
  return kinds;
}
