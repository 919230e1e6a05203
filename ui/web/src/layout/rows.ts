/** The rows of widgets within a group. */
import type { Widget, WidgetKind } from '../protocol';
import { driversOf } from '../widgets/drivers';

/** A column of the page is about this wide on the screen a control room has. */
export const COLUMN_PX = 112;
/** Below this page width everything stands in one column. */
export const NARROW_PX = 640;

/** A bar of an explanation, and the space around it. */
const DRIVER_PX = 22;
/** Sums and bars of one counter. */
const COUNTER_PX = 140;

interface Size {
  /** Columns it wants when nothing is said. */
  readonly columns: number;
  readonly heightPx: number;
}

const SIZES: Record<WidgetKind, Size> = {
  gauge: { columns: 1.5, heightPx: 126 },
  value: { columns: 1.5, heightPx: 100 },
  status: { columns: 1.5, heightPx: 126 },
  text: { columns: 1.5, heightPx: 72 },
  chart: { columns: 3, heightPx: 140 },
  advice: { columns: 3, heightPx: 132 },
  timeline: { columns: 6, heightPx: 132 },
  bar: { columns: 2, heightPx: 86 },
  table: { columns: 4, heightPx: 200 },
  histogram: { columns: 3, heightPx: 160 },
  'heat-map': { columns: 4, heightPx: 132 },
  markdown: { columns: 3, heightPx: 132 },
  loop: { columns: 4, heightPx: 330 },
  experiment: { columns: 8, heightPx: 400 },
  totals: { columns: 4, heightPx: 200 },
  log: { columns: 6, heightPx: 370 },
  slider: { columns: 2, heightPx: 110 },
  number: { columns: 2, heightPx: 110 },
  switch: { columns: 1.5, heightPx: 110 },
  select: { columns: 2, heightPx: 110 },
  button: { columns: 1.5, heightPx: 110 },
  unknown: { columns: 2, heightPx: 90 },
};

export function isCompact(widget: Widget): boolean {
  return SIZES[widget.kind].columns < 3;
}

export interface WidgetRow {
  readonly widgets: readonly Widget[];
  /** Share of the row for each widget. */
  readonly shares: readonly number[];
  readonly heightPx: number;
}

/** Lanes and bars need room for their names; all else has one height. */
export function heightOf(widget: Widget): number {
  if (widget.kind === 'advice') {
    return SIZES.advice.heightPx + driversOf(widget.fields).length * DRIVER_PX;
  }
  if (widget.kind === 'totals') return SIZES.totals.heightPx + (widget.fields.length - 1) * COUNTER_PX;
  const lanes = widget.kind === 'timeline' ? Object.keys(widget.fields[0]?.labels ?? {}).length : 0;
  return Math.max(SIZES[widget.kind].heightPx, lanes === 0 ? 0 : 52 + lanes * 16);
}

export function columnsOf(widget: Widget, narrow: boolean): number {
  if (narrow && widget.kind === 'gauge') return 1;
  return narrow ? SIZES[widget.kind].columns : (widget.width ?? SIZES[widget.kind].columns);
}

interface OpenRow {
  readonly widgets: Widget[];
  readonly shares: number[];
  left: number;
}

function fill(widgets: readonly Widget[], capacity: number, narrow: boolean): OpenRow[] {
  const rows: OpenRow[] = [];
  for (const widget of widgets) {
    const share = Math.min(capacity, columnsOf(widget, narrow));
    let row = rows.find((candidate) => candidate.left >= share);
    if (row === undefined) {
      row = { widgets: [], shares: [], left: capacity };
      rows.push(row);
    }
    row.widgets.push(widget);
    row.shares.push(share);
    row.left -= share;
  }
  return rows;
}

/**
 * Each widget goes to the first row with room; then the rows are evened out (3 + 2 rather than 4 + 1) by
 * taking the narrowest capacity that needs no more rows.
 */
export function rowsOf(widgets: readonly Widget[], widthPx: number, narrow: boolean): WidgetRow[] {
  const capacity = Math.max(3, widthPx / COLUMN_PX);
  let rows = fill(widgets, capacity, narrow);
  const widest = Math.max(3, ...widgets.map((widget) => columnsOf(widget, narrow)));
  for (let less = capacity - 0.5; less >= widest; less -= 0.5) {
    const tighter = fill(widgets, less, narrow);
    if (tighter.length > rows.length) break;
    rows = tighter;
  }
  return rows.map(({ widgets: inRow, shares }) => ({
    widgets: inRow,
    shares,
    heightPx: Math.max(...inRow.map(heightOf)),
  }));
}
