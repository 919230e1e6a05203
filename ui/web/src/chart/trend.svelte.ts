/** One trend: its lines, what is drawn of them in the window that the page shows, and the values to read. */
import type uPlot from 'uplot';
import { DAY_MS, ofToday } from '../archive/need';
import { formatCell, formatMoment, formatTime, withUnit } from '../format';
import { standing } from '../levels';
import type { Cell, Field, Level } from '../protocol';
import { shifted, spanOf, type Window } from '../time/window';
import type { Reading } from '../widgets/reading.svelte';
import { valueAt } from './align';
import type { Gestures } from './gestures';
import { linesOf, MOST_LINES, type Line } from './lines';
import { FLAG_PX, type Flag } from './MarkerFlags.svelte';
import { alarmMarker, beginnings, gathered, type Marker } from './markers';
import { compose, ROLES, type Source } from './source';

const DEFAULT_SPAN_S = 300;
const DAY_SPAN_MS = 6 * 3_600_000;

/** A moment of a curve under the crosshair. */
interface Hovered {
  readonly timeMs: number;
  readonly cells: readonly Cell[];
}

export class Trend {
  hovered = $state.raw<Hovered | null>(null);
  /** The values at the end of the window, where that is not the present. */
  ending = $state.raw<readonly Cell[] | null>(null);
  /** Whether it is shown as a table. */
  table = $state(false);
  /** What the table shows; kept up only while it is shown. */
  seen = $state.raw<Window & { readonly sources: readonly Source[]; readonly version: number }>({
    fromMs: 0,
    toMs: 0,
    sources: [],
    version: 0,
  });
  /** Whether the archive has something to show, also where no live row has come. */
  filled = $state(false);
  /** The markers as something that a pointer can rest on. */
  flags = $state.raw<readonly Flag[]>([]);
  markers: readonly Marker[] = [];

  /** The machines that have lines: all of them where all are looked at, if they are few enough. */
  readonly keys: readonly string[] = $derived.by(() => {
    const { session, key } = this.reading;
    const all = session.all ? session.keys : [];
    return all.length > 1 && all.length <= this.mostKeys && key !== '' ? all : [key];
  });
  readonly lines: readonly Line[] = $derived.by(() => linesOf(this.fields, this.keys));

  readonly cells: readonly Cell[] = $derived.by(() => {
    void this.reading.version;
    return this.hovered?.cells ?? this.ending ?? this.lines.map((line) => this.newest(line));
  });
  readonly shown: readonly string[] = $derived.by(() =>
    this.lines.map((line, i) => formatCell(this.cells[i] ?? null, line.field)),
  );
  readonly spoken: string = $derived.by(() =>
    this.lines
      .map(
        ({ field, name }, i) =>
          `${name === '' ? field.title : name} ${withUnit(this.shown[i] ?? '', field.unit)}`,
      )
      .join(', '),
  );
  readonly level: Level = $derived.by(() => {
    const [cell] = this.cells;
    return this.lines.length === 1 && typeof cell === 'number'
      ? standing(cell, this.reading.widget.bands).level
      : 'normal';
  });
  readonly time: string | null = $derived.by(() => {
    if (this.hovered === null) return null;
    const { timeMs } = this.hovered;
    return spanOf(this.window()) > DAY_SPAN_MS ? formatMoment(timeMs) : formatTime(timeMs);
  });

  /** @param mostKeys of machines that have lines beside each other */
  constructor(
    readonly reading: Reading,
    readonly fields: readonly Field[],
    private readonly mostKeys: number = MOST_LINES,
  ) {}

  window(): Window {
    return this.reading.window((this.reading.widget.span ?? DEFAULT_SPAN_S) * 1000);
  }

  readonly gestures: Gestures = {
    window: () => this.window(),
    now: () => this.reading.now(),
    show: (to) => (this.reading.session.view.zoom = to),
    toLive: () => this.reading.session.view.toLive(),
  };

  sourcesIn(window: Window): Source[] {
    const { reading, keys } = this;
    const { compare } = reading.session.view;
    const pasts = new Map(
      keys.map((key) => {
        const dayBefore = shifted(window, -DAY_MS);
        const before = compare ? reading.past(dayBefore, key, [dayBefore]) : null;
        return [key, { ...reading.backed(window, key), before: before === null ? null : ofToday(before) }];
      }),
    );
    return this.lines.flatMap((line) => {
      const of = pasts.get(line.key);
      return of === undefined ? [] : [{ line, ...of }];
    });
  }

  draw(on: uPlot, { fromMs, toMs }: Window): void {
    const sources = this.sourcesIn({ fromMs, toMs });
    this.filled = sources.some(({ past }) => past !== null && past.times.length > 0);
    const pixels = Math.max(50, on.bbox.width / devicePixelRatio);
    this.markers = gathered(this.markersIn({ fromMs, toMs }), ((toMs - fromMs) / pixels) * FLAG_PX);
    const data = compose(sources, { fromMs, toMs, pixels, gapMs: this.reading.silenceMs });
    on.batch(() => {
      on.setData(data, false);
      on.setScale('x', { min: fromMs, max: toMs });
    });
    const leftPx = on.bbox.left / devicePixelRatio;
    if (this.markers.length + this.flags.length > 0)
      this.flags = this.markers.map(({ timeMs, words }) => ({
        words,
        leftPx: leftPx + on.valToPos(timeMs, 'x'),
      }));
    const end = data[0].length - 1;
    this.ending = this.reading.session.view.live
      ? null
      : this.lines.map((_, i) => valueAt(data, 1 + i * ROLES.length, end));
    if (this.table) this.seen = { fromMs, toMs, sources, version: this.seen.version + 1 };
  }

  /** The crosshair has come to a place of the drawn points, or has gone. */
  hover(on: uPlot, index: number | null): void {
    const timeMs = index === null ? undefined : on.data[0][index];
    this.hovered =
      index === null || timeMs === undefined
        ? null
        : { timeMs, cells: this.lines.map((_, i) => valueAt(on.data, 1 + i * ROLES.length, index)) };
  }

  /** The plot is gone, and with it what stood under its crosshair. */
  leave(): void {
    this.hovered = this.ending = null;
  }

  private seriesOf(key: string): Source['series'] {
    return this.reading.session.machine(this.reading.widget.stream, key)?.series ?? null;
  }

  private newest(line: Line): Cell {
    const series = this.seriesOf(line.key);
    if (series === null) return null;
    const value = series.number(line.field.slot, series.length - 1);
    return Number.isNaN(value) ? null : value;
  }

  /** Where the widget's own alert began, and where alarms of its machines were raised. */
  private markersIn(window: Window): Marker[] {
    const { session, widget } = this.reading;
    const { alarms } = session;
    const alert = widget.alert;
    const own = this.keys.flatMap((key) => {
      const series = this.seriesOf(key);
      if (alert === null || series === null) return [];
      return beginnings(series, alert, window.fromMs, window.toMs).map((timeMs): Marker => {
        const words = `${formatTime(timeMs)} Alert of ${widget.title}`;
        return { timeMs, words, urgent: true };
      });
    });
    if (!alarms.any) return own;
    const raised = alarms.marks
      .within(window, alarms.recent, this.reading.now(), session.asksPast)
      .filter(({ key }) => key === '' || this.keys.includes(key) || this.keys[0] === '');
    return [...own, ...raised.map((change) => alarmMarker(change, alarms.fieldOf(change.node)))];
  }
}
