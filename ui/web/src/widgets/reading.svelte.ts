/** What one widget sees of its stream: refreshed once a frame, and only when there is something new. */
import { untrack } from 'svelte';
import { gapsOf, missing } from '../archive/need';
import { labelOf } from '../format';
import type { Cell, Field, Past, Widget } from '../protocol';
import type { Session } from '../session.svelte';
import type { Series } from '../store/series';
import { spanOf, type Window } from '../time/window';
import type { Machine } from '../store/stream';

export type Condition = 'loading' | 'empty' | 'fresh' | 'stale';

/** How often what is out of sight is kept up. */
const OUT_OF_SIGHT_MS = 1000;
/** A slow source is late only after so many of its own intervals. */
const INTERVALS_UNTIL_STALE = 3;

/** The live rows of a stretch of time, and what the archive has where there are none. */
export interface Backed {
  readonly series: Series | null;
  readonly gaps: readonly Window[];
  readonly past: Past | null;
}

export class Reading {
  /** The rows; null until the first one. Look again when `version` changes. */
  series = $state.raw<Series | null>(null);
  version = $state(0);
  /** The machine that is shown; empty when the stream is not kept by machine. */
  key = $state('');
  condition = $state<Condition>('loading');
  /** Time since the last row in whole seconds, in milliseconds; kept up only when stale. */
  ageMs = $state(0);

  private machine: Machine | null = null;
  /** Whether the widget is on the screen, or nearly. */
  private inSight = true;

  constructor(
    readonly session: Session,
    readonly widget: Widget,
  ) {
    // What is known already stands in the widget from the first.
    untrack(() => this.refresh());
    $effect(() => this.write(() => this.refresh()));
  }

  /** Takes down whether the widget is in sight. */
  see(inSight: boolean): void {
    this.inSight = inSight;
    if (inSight) this.session.frame.request();
  }

  /** Calls `painter` at every beat while the widget is in sight, until the returned function is called. */
  paint(painter: () => void): () => void {
    return this.session.frame.add(() => {
      if (this.inSight) painter();
    });
  }

  /** The same for what is written into the page: out of sight it goes on slowly, for those who read in other ways. */
  write(writer: () => void): () => void {
    let writtenMs = 0;
    return this.session.frame.add(() => {
      const nowMs = performance.now();
      if (!this.inSight && nowMs - writtenMs < OUT_OF_SIGHT_MS) return;
      writtenMs = nowMs;
      writer();
    });
  }

  /** The newest value of a field. */
  latest(field: Field): Cell {
    return this.at(field, this.newest);
  }

  /** The index of the newest row; -1 when there is none. */
  get newest(): number {
    void this.version;
    return (this.series?.length ?? 0) - 1;
  }

  at(field: Field, i: number): Cell {
    if (this.series === null) return null;
    if (this.series.isText(field.slot)) return this.series.text(field.slot, i);
    const value = this.series.number(field.slot, i);
    if (Number.isNaN(value)) return null;
    return field.type === 'boolean' ? value !== 0 : value;
  }

  /** Whether the alert column is true; null when there is none or it says nothing. */
  get raised(): boolean | null {
    const { alert } = this.widget;
    if (alert === null || this.series === null) return null;
    const value = this.series.number(alert, this.newest);
    return Number.isNaN(value) ? null : value !== 0;
  }

  /** The present in the time of this series' events. */
  now(): number {
    return this.session.now() - (this.machine?.arrival.shiftMs ?? 0);
  }

  /** The stretch of time to show. @param ownSpanMs what the layout gives the widget */
  window(ownSpanMs: number): Window {
    return this.session.view.window(ownSpanMs, this.session.now(), this.session.now() - this.now());
  }

  /** A silence longer than this is one. */
  get silenceMs(): number {
    return Math.max(this.session.staleAfterMs, INTERVALS_UNTIL_STALE * (this.series?.intervalMs ?? 0));
  }

  /** All that is known of a machine in a stretch of time; the archive is asked for what is missing. */
  backed(window: Window, key: string = this.key): Backed {
    const series = this.session.machine(this.widget.stream, key)?.series ?? null;
    const gaps = gapsOf(series, window, this.silenceMs);
    return { series, gaps, past: this.past(window, key, gaps) };
  }

  /** What the archive has in the gaps of a stretch of time. */
  past(window: Window, key: string, gaps: readonly Window[]): Past | null {
    const { session, widget } = this;
    const need = session.asksPast ? missing(window, gaps) : null;
    if (need === null) return null;
    const known = session.machines(widget.stream);
    return session.archive.get({
      stream: widget.stream,
      // A stream that is not kept by machine belongs to all of them.
      key: !known.has(key) && known.has('') ? '' : key,
      window: need,
      spanMs: spanOf(window),
      nowMs: this.now(),
    });
  }

  private refresh(): void {
    const shown = this.session.machineOf(this.widget);
    const machine = shown?.machine ?? null;
    this.machine = machine;
    this.key = shown?.key ?? '';
    const series = machine === null || machine.series.length === 0 ? null : machine.series;
    this.series = series;
    this.version = series?.version ?? 0;
    const ageMs = machine?.arrival.ageMs(this.session.now()) ?? Number.POSITIVE_INFINITY;
    const stale = ageMs > this.silenceMs;
    this.condition =
      series !== null ? (stale ? 'stale' : 'fresh') : this.session.settled ? 'empty' : 'loading';
    if (stale) this.ageMs = Math.floor(ageMs / 1000) * 1000;
  }
}

/** A code's word, or the code. */
export function codeName(field: Field, code: number): string {
  return labelOf(field, code) ?? String(code);
}
