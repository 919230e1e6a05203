import { describe, expect, it } from 'vitest';
import type { Group, Widget, WidgetKind } from '../protocol';
import { widgetOf } from '../testing/widget';
import { arrange, type Arrangement } from './arrange';

function widget(kind: WidgetKind, width: number | null = null): Widget {
  return widgetOf({ kind, width });
}

function group(title: string, ...kinds: (WidgetKind | Widget)[]): Group {
  return { title, widgets: kinds.map((kind) => (typeof kind === 'string' ? widget(kind) : kind)) };
}

const plant = [
  group('Process overview', 'gauge', 'gauge', 'gauge', 'gauge', 'gauge'),
  group('Performance trends', 'chart', 'chart', 'chart', 'chart', 'chart', 'chart'),
  group('Sustainability index', 'chart', 'chart', 'chart', 'gauge', 'gauge'),
  group('Alerts', 'status'),
  group('Fault intelligence', 'status', 'gauge', 'timeline', 'advice'),
];

function rowLengths(arrangement: Arrangement, title: string): number[] {
  const placed = arrangement.groups.find((candidate) => candidate.group.title === title);
  return (placed?.rows ?? []).map((row) => row.widgets.length);
}

/** Every cell of the page holds at most one group; returns the share of cells that hold one. */
function coverage(arrangement: Arrangement): number {
  const cells = new Set<string>();
  let area = 0;
  for (const box of arrangement.groups) {
    expect(box.column + box.columns).toBeLessThanOrEqual(arrangement.columns);
    area += box.columns * box.lines;
    for (let x = box.column; x < box.column + box.columns; x += 1) {
      for (let y = box.line; y < box.line + box.lines; y += 1) cells.add(`${x},${y}`);
    }
  }
  expect(cells.size).toBe(area);
  return area / (arrangement.columns * arrangement.lines);
}

describe('the arrangement', () => {
  it.each([390, 768, 1024, 1416, 1900, 2540])('leaves no overlap and no hole at %d px', (width) => {
    expect(coverage(arrange(plant, width))).toBe(1);
  });

  it('puts a whole plant on one screen of 1440 × 900', () => {
    const wide = arrange(plant, 1416);
    expect(wide.lines * 4).toBeLessThanOrEqual(846);
    expect(rowLengths(wide, 'Process overview')).toEqual([5]);
    expect(rowLengths(wide, 'Performance trends')).toEqual([2, 2, 2]);
    expect(rowLengths(wide, 'Fault intelligence')).toEqual([3, 1]);
  });

  it('stacks the groups in their order on a phone', () => {
    const narrow = arrange(plant, 374);
    expect(narrow.groups.map((placed) => placed.group.title)).toEqual(plant.map(({ title }) => title));
    expect(narrow.groups.every((placed) => placed.column === 0 && placed.columns === 1)).toBe(true);
    expect(rowLengths(narrow, 'Process overview')).toEqual([3, 2]);
    expect(rowLengths(narrow, 'Performance trends')).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('gives a single group the whole page', () => {
    expect(arrange([group('Only', 'chart')], 1416).groups[0]).toMatchObject({ column: 0, columns: 12 });
  });

  it('heeds the width that a widget asks for', () => {
    const wide = arrange([group('Wide', widget('chart', 12), 'gauge'), group('Next', 'gauge')], 1416);
    expect(wide.groups[0]).toMatchObject({ columns: 12 });
    expect(rowLengths(wide, 'Wide')).toEqual([1, 1]);
  });

  it('leaves out a group without widgets', () => {
    expect(arrange([group('Empty')], 1416)).toEqual({ columns: 12, lines: 0, groups: [] });
  });
});
