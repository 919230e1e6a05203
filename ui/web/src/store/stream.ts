/** One stream of the server: joins history and live rows by their sequence numbers, then parts them by machine. */
import type { Row, Rows } from '../protocol';
import { Arrival } from './arrival';
import type { ColumnKind } from './column';
import { Series } from './series';

export interface Machine {
  readonly series: Series;
  readonly arrival: Arrival;
}

export class Stream {
  readonly machines = new Map<string, Machine>();
  /** The last sequence number taken; null before the first row. */
  lastSeq: number | null = null;
  /** The first one; what comes from before it belongs before all that is held. */
  private firstSeq = Number.POSITIVE_INFINITY;

  constructor(private readonly kinds: ReadonlyMap<number, ColumnKind>) {}

  /**
   * Keeps the rows not seen before, and returns those that are newer than all before them. A jump forward is what a slow
   * page gets: no fault.
   */
  accept(message: Rows, arrivedMs: number, history: boolean): readonly Row[] {
    if (message.reset) {
      this.machines.clear();
      this.lastSeq = null;
      this.firstSeq = Number.POSITIVE_INFINITY;
    }
    if (this.lastSeq !== null)
      this.takeEarlier(message.rows.slice(0, Math.max(0, this.firstSeq - message.first)), arrivedMs);
    if (message.rows.length > 0) this.firstSeq = Math.min(this.firstSeq, message.first);
    const seen = this.lastSeq === null ? 0 : Math.max(0, this.lastSeq + 1 - message.first);
    const fresh = seen === 0 ? message.rows : message.rows.slice(seen);
    if (fresh.length === 0) return fresh;
    this.lastSeq = message.first + message.rows.length - 1;
    for (const row of fresh) {
      const machine = this.machine(row.key);
      machine.series.append(row);
      machine.arrival.note(row.time, arrivedMs, history);
    }
    return fresh;
  }

  private takeEarlier(rows: readonly Row[], arrivedMs: number): void {
    const byMachine = new Map<string, Row[]>();
    for (const row of rows) {
      const others = byMachine.get(row.key);
      if (others === undefined) byMachine.set(row.key, [row]);
      else others.push(row);
    }
    for (const [key, ofMachine] of byMachine) {
      const { series, arrival } = this.machine(key);
      const newest = ofMachine.at(-1);
      if (series.length === 0 && newest !== undefined) arrival.note(newest.time, arrivedMs, true);
      series.prepend(ofMachine);
    }
  }

  private machine(key: string): Machine {
    let machine = this.machines.get(key);
    if (machine === undefined) {
      machine = { series: new Series(this.kinds), arrival: new Arrival() };
      this.machines.set(key, machine);
    }
    return machine;
  }
}
