/** What the pointer does on a chart: a drag zooms, with shift it moves; so does the wheel. */
import type uPlot from 'uplot';
import { between, moved, spanOf, zoomed, type Window } from '../time/window';

/** A shorter drag is a slip of the hand. */
const LEAST_DRAG_PX = 6;
const WHEEL_ZOOM = 1.2;
/** A notch of the wheel moves by this share of the window. */
const WHEEL_SHARE = 0.1;
const NOTCH_PX = 100;

export interface Gestures {
  /** The window that is shown. */
  window(): Window;
  now(): number;
  show(window: Window): void;
  toLive(): void;
}

/** The selection that a drag left, in times; null for a slip. */
export function selected(plot: uPlot): Window | null {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG_PX) return null;
  return between(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
}

function drag(plot: uPlot, start: MouseEvent, gestures: Gestures): void {
  const from = gestures.window();
  const msPerPx = spanOf(from) / Math.max(1, plot.over.clientWidth);
  const move = (event: MouseEvent): void =>
    gestures.show(moved(from, (start.clientX - event.clientX) * msPerPx, gestures.now()));
  const end = (): void => {
    removeEventListener('mousemove', move);
    removeEventListener('mouseup', end);
  };
  addEventListener('mousemove', move);
  addEventListener('mouseup', end);
}

/** What uPlot does with the pointer, changed for {@link Gestures}. */
export function bind(gestures: Gestures): uPlot.Cursor.Bind {
  return {
    mousedown: (plot, _target, zoom) => (event: MouseEvent) => {
      if (event.button !== 0) return null;
      if (event.shiftKey) drag(plot, event, gestures);
      else zoom(event);
      return null;
    },
    dblclick: () => () => {
      gestures.toLive();
      return null;
    },
  };
}

/** The wheel belongs to the page where the page can scroll; sideways, or with shift, it moves the chart. */
export function wheel(plot: uPlot, event: WheelEvent, gestures: Gestures): void {
  const page = document.documentElement;
  const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const pageScrolls = page.scrollHeight > page.clientHeight;
  const window = gestures.window();
  if (event.ctrlKey) {
    const box = plot.over.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    gestures.show(zoomed(window, event.deltaY > 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, at));
  } else if (sideways || !pageScrolls) {
    const notches =
      (Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) / NOTCH_PX;
    gestures.show(moved(window, notches * WHEEL_SHARE * spanOf(window), gestures.now()));
  } else {
    return;
  }
  event.preventDefault();
}
