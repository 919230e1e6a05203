/** The kept rows of one machine on one stream, in the order of their time. */
import type { Row } from '../protocol';
import { NumberColumn, TextColumn, type Column, type ColumnKind } from './column';

/** Two hours at 5 Hz. */
export const CAPACITY = 36_000;
const FIRST_SIZE = 1024;
/** A row may overtake this many before it counts as too late to be sorted in. */
const MOST_OVERTAKEN = 512;
/** So many rows in a row that are too late mean that the source's clock was set back. */
const CLOCK_SET_BACK = 20;

export class Series {
  private readonly times: NumberColumn;
  private readonly columns = new Map<number, Column>();
  private size: number;
  private start = 0;
  private late = 0;

  /** Number of rows held. */
  length = 0;
  /** Grows with every row, so that a view knows whether to look again. */
  version = 0;
  /** Smoothed time between rows in milliseconds; 0 until two have come. */
  intervalMs = 0;

  constructor(
    kinds: ReadonlyMap<number, ColumnKind>,
    private readonly capacity: number = CAPACITY,
  ) {
    this.size = Math.min(capacity, FIRST_SIZE);
    this.times = new NumberColumn(this.size);
    for (const [slot, kind] of kinds) {
      this.columns.set(slot, kind === 'text' ? new TextColumn(this.size) : new NumberColumn(this.size));
    }
  }

  append(row: Row): void {
    if (this.isTooLate(row.time)) {
      this.late += 1;
      if (this.late < CLOCK_SET_BACK) return;
      this.clear();
    }
    this.late = 0;
    this.version += 1;
    this.noteInterval(row.time);
    this.fill(this.claimPlace(), row);
    this.sortIn();
  }

  /** Takes rows, in their order, from before all that it has; the oldest are left out where there is no room. */
  prepend(rows: readonly Row[]): void {
    for (let i = rows.length - 1; i >= 0 && this.length < this.capacity; i -= 1) {
      const row = rows[i];
      // Of a clock that was set back since.
      if (row === undefined || row.time > this.time(Math.min(this.length - 1, MOST_OVERTAKEN))) continue;
      if (this.length === this.size) this.grow();
      this.start = (this.start + this.size - 1) % this.size;
      this.length += 1;
      this.fill(this.start, row);
      for (let at = 0; at + 1 < this.length && this.time(at) > this.time(at + 1); at += 1)
        this.exchange(at, at + 1);
    }
    this.version += 1;
  }

  /** Event time of row `i` (0 is the oldest), milliseconds since 1970; NaN outside. */
  time(i: number): number {
    return i < 0 || i >= this.length ? Number.NaN : this.times.numberAt(this.place(i));
  }

  get lastTime(): number {
    return this.time(this.length - 1);
  }

  /** The number in a slot of row `i`; NaN when there is none. */
  number(slot: number, i: number): number {
    if (i < 0 || i >= this.length) return Number.NaN;
    return this.columns.get(slot)?.numberAt(this.place(i)) ?? Number.NaN;
  }

  /** The text in a slot of row `i`; null when there is none. */
  text(slot: number, i: number): string | null {
    if (i < 0 || i >= this.length) return null;
    return this.columns.get(slot)?.textAt(this.place(i)) ?? null;
  }

  isText(slot: number): boolean {
    return this.columns.get(slot) instanceof TextColumn;
  }

  /** Index of the first row at or after a time; `length` when all are before it. */
  firstFrom(timeMs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  clear(): void {
    this.start = 0;
    this.length = 0;
    this.late = 0;
    this.intervalMs = 0;
    this.version += 1;
  }

  private place(i: number): number {
    return (this.start + i) % this.size;
  }

  private isTooLate(timeMs: number): boolean {
    if (this.length === 0 || timeMs >= this.lastTime) return false;
    const oldestSortable = this.time(Math.max(0, this.length - MOST_OVERTAKEN));
    return timeMs < oldestSortable;
  }

  private noteInterval(timeMs: number): void {
    const gap = timeMs - this.lastTime;
    if (!(gap > 0)) return;
    this.intervalMs = this.intervalMs === 0 ? gap : this.intervalMs + (gap - this.intervalMs) / 16;
  }

  private grow(): void {
    const grown = Math.min(this.capacity, this.size * 2);
    this.times.resize(grown, this.start);
    for (const column of this.columns.values()) column.resize(grown, this.start);
    this.start = 0;
    this.size = grown;
  }

  private fill(place: number, row: Row): void {
    this.times.write(place, row.time);
    for (const [slot, column] of this.columns) column.write(place, row.values[slot] ?? null);
  }

  private claimPlace(): number {
    if (this.length === this.size && this.size < this.capacity) this.grow();
    if (this.length === this.size) {
      const oldest = this.start;
      this.start = (this.start + 1) % this.size;
      return oldest;
    }
    this.length += 1;
    return this.place(this.length - 1);
  }

  /** Rows of one machine can overtake each other on their way; views rely on ascending times. */
  private sortIn(): void {
    for (let i = this.length - 1; i > 0 && this.time(i) < this.time(i - 1); i -= 1) this.exchange(i, i - 1);
  }

  private exchange(i: number, j: number): void {
    const [a, b] = [this.place(i), this.place(j)];
    this.times.swap(a, b);
    for (const column of this.columns.values()) column.swap(a, b);
  }
}
