/** Which notices an operator has to see now. Knows nothing of the page: rows in, list out. */
import type { Cell, Row, Widget } from '../protocol';

/** A notice stays at least so long, even if its cause has gone. */
export const LEAST_SHOWN_MS = 8_000;
/** What began longer ago was over or known before the page was opened. */
const OLD_NEWS_MS = 10_000;

export interface Notice {
  readonly id: string;
  readonly widgetId: string;
  readonly key: string;
  readonly title: string;
  readonly text: string;
  /** Event time of the row that raised it. */
  readonly raisedMs: number;
  /** When it was first shown, on the server's clock. */
  readonly shownMs: number;
  readonly active: boolean;
}

export interface Sight {
  readonly nowMs: number;
  /** Whether the rows may be from before the page knew the stream. */
  readonly history: boolean;
}

function watches(widget: Widget): widget is Widget & { readonly alert: number } {
  return widget.popup && widget.alert !== null;
}

function isRaised(cell: Cell | undefined): boolean | null {
  if (typeof cell === 'boolean') return cell;
  return typeof cell === 'number' ? cell !== 0 : null;
}

export class Notices {
  private readonly watched: readonly (Widget & { readonly alert: number })[];
  private readonly raised = new Set<string>();
  private open = new Map<string, Notice>();

  /** @param say the words for a row of a widget. */
  constructor(
    widgets: readonly Widget[],
    private readonly say: (widget: Widget, row: Row) => string,
  ) {
    this.watched = widgets.filter(watches);
  }

  /** Newest first. */
  get list(): readonly Notice[] {
    return [...this.open.values()].reverse();
  }

  observe(stream: string, rows: readonly Row[], sight: Sight): void {
    for (const widget of this.watched) {
      if (widget.stream !== stream) continue;
      for (const row of rows) this.look(widget, row, sight);
    }
  }

  dismiss(id: string): void {
    this.open.delete(id);
  }

  /** Takes away what is over and was seen long enough. */
  sweep(nowMs: number): void {
    for (const notice of this.open.values()) {
      if (!notice.active && nowMs - notice.shownMs >= LEAST_SHOWN_MS) this.open.delete(notice.id);
    }
  }

  private look(widget: Widget & { readonly alert: number }, row: Row, sight: Sight): void {
    const now = isRaised(row.values[widget.alert]);
    if (now === null) return;
    const id = `${widget.id} ${row.key}`;
    const before = this.raised.has(id);
    if (now) this.raised.add(id);
    else this.raised.delete(id);

    const shown = this.open.get(id);
    if (shown !== undefined && (before || !now)) {
      // The words may become more exact while it lasts; they stay as they were once it is over.
      const text = now ? this.say(widget, row) : shown.text;
      this.open.set(id, { ...shown, text, active: now });
    } else if (now && !before && !(sight.history && sight.nowMs - row.time > OLD_NEWS_MS)) {
      // Set anew rather than in place: what was raised last is on top.
      this.open.delete(id);
      this.open.set(id, {
        id,
        widgetId: widget.id,
        key: row.key,
        title: widget.title,
        text: this.say(widget, row),
        raisedMs: row.time,
        shownMs: sight.nowMs,
        active: true,
      });
    }
  }
}
