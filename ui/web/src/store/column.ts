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

/** A place without a text. */
const NONE = -1;
/** So many unused words are kept for each place before they are looked for. */
const SPARE = 2;

/** Texts mostly repeat: each is kept once, and the rows hold its number. */
export class TextColumn implements Column {
  private codes: Int32Array;
  private words: string[] = [];
  private readonly codeOf = new Map<string, number>();

  constructor(size: number) {
    this.codes = new Int32Array(size).fill(NONE);
  }

  write(place: number, cell: Cell): void {
    this.codes[place] = NONE;
    if (cell !== null) this.codes[place] = this.code(String(cell));
  }

  swap(a: number, b: number): void {
    const kept = this.codes[a] ?? NONE;
    this.codes[a] = this.codes[b] ?? NONE;
    this.codes[b] = kept;
  }

  resize(size: number, start: number): void {
    const grown = new Int32Array(size).fill(NONE);
    grown.set(this.codes.subarray(start));
    grown.set(this.codes.subarray(0, start), this.codes.length - start);
    this.codes = grown;
  }

  numberAt(): number {
    return Number.NaN;
  }

  textAt(place: number): string | null {
    return this.words[this.codes[place] ?? NONE] ?? null;
  }

  private code(text: string): number {
    const known = this.codeOf.get(text);
    if (known !== undefined) return known;
    if (this.words.length >= SPARE * this.codes.length) this.forgetUnused();
    const code = this.words.length;
    this.words.push(text);
    this.codeOf.set(text, code);
    return code;
  }

  /** Numbers the words anew that a row still has. */
  private forgetUnused(): void {
    const before = this.words;
    this.words = [];
    this.codeOf.clear();
    this.codes.forEach((code, place) => {
      const word = before[code];
      if (word !== undefined) this.codes[place] = this.code(word);
    });
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
