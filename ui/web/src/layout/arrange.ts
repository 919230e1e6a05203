/** Where the groups stand on the page: the same layout and width always give the same picture. */
import type { Group } from '../protocol';
import { columnsOf, isCompact, NARROW_PX, rowsOf, type WidgetRow } from './rows';

/** Height of one line of the page's fine grid. */
export const LINE_PX = 4;
const TITLE_PX = 28;
const ROW_GAP_PX = 6;
/** Padding and border of a group, and the space around it. */
const FRAME_PX = 22;
/** A group may become so many times as high to fill a hole; beyond that, empty space looks better. */
const MOST_STRETCH = 2.25;

export interface Placed {
  readonly group: Group;
  readonly rows: readonly WidgetRow[];
  /** Columns, from 0. */
  readonly column: number;
  readonly columns: number;
  /** Lines of the fine grid, from 0. */
  readonly line: number;
  readonly lines: number;
}

export interface Arrangement {
  readonly columns: number;
  readonly lines: number;
  readonly groups: readonly Placed[];
}

export function columnsAt(pageWidthPx: number): number {
  if (pageWidthPx < NARROW_PX) return 1;
  return pageWidthPx < 1100 ? 6 : 12;
}

function spanOf(group: Group, pageColumns: number): number {
  if (pageColumns === 1) return 1;
  const total = group.widgets.reduce((sum, widget) => sum + columnsOf(widget, false), 0);
  const widest = Math.max(...group.widgets.map((widget) => columnsOf(widget, false)));
  // Small instruments stand in one row, with air; curves share half a page.
  const wanted = group.widgets.every(isCompact) ? Math.round((total * 4) / 3) : Math.min(6, total);
  return Math.min(pageColumns, Math.max(2, Math.ceil(wanted), Math.ceil(widest)));
}

function linesFor(rows: readonly WidgetRow[]): number {
  const content = rows.reduce((sum, row) => sum + row.heightPx + ROW_GAP_PX, 0);
  return Math.ceil((TITLE_PX + content - ROW_GAP_PX + FRAME_PX) / LINE_PX);
}

type Box = Pick<Placed, 'column' | 'columns' | 'line' | 'lines'>;

function overlaps(a: Box, b: Box): boolean {
  return (
    a.column < b.column + b.columns &&
    b.column < a.column + a.columns &&
    a.line < b.line + b.lines &&
    b.line < a.line + a.lines
  );
}

/** The highest free place, and there the leftmost. Only the lines where something ends can be the answer. */
function place(size: Pick<Box, 'columns' | 'lines'>, taken: readonly Box[], pageColumns: number): Box {
  const candidates = [0, ...taken.map((box) => box.line + box.lines)].sort((a, b) => a - b);
  for (const line of candidates) {
    for (let column = 0; column + size.columns <= pageColumns; column += 1) {
      const box = { ...size, column, line };
      if (!taken.some((other) => overlaps(box, other))) return box;
    }
  }
  return { ...size, column: 0, line: candidates.at(-1) ?? 0 };
}

/** Lets a box grow to the right and downwards over what is free. */
function grow(box: Box, others: readonly Box[], pageColumns: number, pageLines: number): Box {
  const free = (wider: Box): boolean => !others.some((other) => overlaps(wider, other));
  let grown = box;
  while (grown.column + grown.columns < pageColumns && free({ ...grown, columns: grown.columns + 1 })) {
    grown = { ...grown, columns: grown.columns + 1 };
  }
  while (
    grown.line + grown.lines < pageLines &&
    grown.lines + 1 <= box.lines * MOST_STRETCH &&
    free({ ...grown, lines: grown.lines + 1 })
  ) {
    grown = { ...grown, lines: grown.lines + 1 };
  }
  return grown;
}

/** Groups without widgets are left out. */
export function arrange(groups: readonly Group[], pageWidthPx: number): Arrangement {
  const columns = columnsAt(pageWidthPx);
  const columnPx = pageWidthPx / columns;
  const widthOf = (span: number): number => span * columnPx - FRAME_PX;
  const shown = groups.filter((group) => group.widgets.length > 0);

  const boxes: Box[] = [];
  for (const group of shown) {
    const span = spanOf(group, columns);
    const lines = linesFor(rowsOf(group.widgets, widthOf(span), columns === 1));
    boxes.push(place({ columns: span, lines }, boxes, columns));
  }
  const pageLines = Math.max(0, ...boxes.map((box) => box.line + box.lines));
  boxes.forEach((box, i) => {
    const others = boxes.filter((_, j) => j !== i);
    boxes[i] = grow(box, others, columns, pageLines);
  });

  const placed: Placed[] = [];
  shown.forEach((group, i) => {
    const box = boxes[i];
    if (box === undefined) return;
    placed.push({ group, rows: rowsOf(group.widgets, widthOf(box.columns), columns === 1), ...box });
  });
  return { columns, lines: pageLines, groups: placed };
}
