/** How every widget of the layout stands, whether it is on the page that is shown or not. */
import { standing, worse } from './levels';
import type { Level, Widget } from './protocol';
import { loopMode } from './protocol/loop';
import type { Series } from './store/series';
import type { Machine } from './store/stream';
import { sortKeys } from './store/streams';
import { adviceRoles, gradeOf } from './widgets/words';

export interface Verdicts {
  /** Widgets that stand out, by their id. */
  readonly abnormal: ReadonlyMap<string, Level>;
  /** The machine that stands worst, by the id of the widget. */
  readonly worst: ReadonlyMap<string, string>;
}

const JUDGED_BY_BANDS = new Set<Widget['kind']>(['gauge', 'bar', 'value', 'heat-map']);

/** How a widget stands by the newest row of a series. */
export function levelOf(widget: Widget, series: Series): Level {
  const newest = series.length - 1;
  const byAlert = widget.kind === 'status' || widget.kind === 'advice';
  if (byAlert && widget.alert !== null) {
    const raised = series.number(widget.alert, newest);
    if (!Number.isNaN(raised)) return raised !== 0 ? 'alarm' : 'normal';
  }
  if (widget.kind === 'advice') {
    const { severity } = adviceRoles(widget.fields);
    return severity === null ? 'normal' : gradeOf(series.text(severity.slot, newest));
  }
  // A loop that cannot do its work is abnormal, whatever it measures.
  if (widget.loop !== null)
    return loopMode(series.text(widget.loop.mode.slot, newest)) === 'safe' ? 'alarm' : 'normal';
  const [field] = widget.fields;
  const measured = JUDGED_BY_BANDS.has(widget.kind) || widget.kind === 'status';
  if (!measured || field === undefined || series.isText(field.slot)) return 'normal';
  return standing(series.number(field.slot, newest), widget.bands).level;
}

/** @param key the machine to look at; null for all. */
export function judge(
  widgets: readonly Widget[],
  machinesOf: (stream: string) => ReadonlyMap<string, Machine>,
  key: string | null,
): Verdicts {
  const abnormal = new Map<string, Level>();
  const worst = new Map<string, string>();
  for (const widget of widgets) {
    const machines = machinesOf(widget.stream);
    // A map of the machines is of all of them by its nature.
    const all = key === null || widget.kind === 'heat-map';
    const looked = all ? sortKeys([...machines.keys()]) : [machines.has(key) ? key : ''];
    let level: Level = 'normal';
    for (const name of looked) {
      const series = machines.get(name)?.series;
      if (series === undefined || series.length === 0) continue;
      const here = levelOf(widget, series);
      if (!worst.has(widget.id) || worse(level, here) !== level) worst.set(widget.id, name);
      level = worse(level, here);
    }
    // An advice speaks of what another widget counts already.
    if (level !== 'normal' && widget.kind !== 'advice') abnormal.set(widget.id, level);
  }
  return { abnormal, worst };
}
