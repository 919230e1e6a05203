/** When alarms were raised, for the marks on charts: from the journal, and from what came since. */
import { covers, widened } from '../archive/need';
import { parseJournal, type AlarmChange } from '../protocol';
import { spanOf, type Window } from '../time/window';
import { read } from '../ask';
import { idOf } from './standing';

/** A chart with more marks shows nothing else. */
const MOST = 1_000;
const RETRY_MS = 10_000;
/** Charts of spans as unlike as this do not share an answer. */
const MOST_WIDER = 50;

export function isRaise({ state }: Pick<AlarmChange, 'state'>): boolean {
  return state === 'unacknowledged';
}

/** In the order of their time, each once. */
export function joinedRaises(
  past: readonly AlarmChange[],
  live: readonly AlarmChange[],
): readonly AlarmChange[] {
  const all = new Map(
    [...past, ...live].filter(isRaise).map((change) => [`${change.time}\n${idOf(change)}`, change]),
  );
  return [...all.values()].sort((a, b) => a.time - b.time);
}

export class AlarmMarks {
  /** Grows with every answer. */
  version = $state(0);
  private held: { readonly window: Window; readonly changes: readonly AlarmChange[] } | null = null;
  private asking = false;
  private notBeforeMs = 0;
  private all: readonly AlarmChange[] = [];
  private of: readonly unknown[] = [];

  constructor(private readonly base: string) {}

  /** What was held may lack something. */
  forget(): void {
    this.held = null;
  }

  /**
   * @param live changes that came while the page was open
   * @param ask whether the server has a journal to ask
   */
  within(window: Window, live: readonly AlarmChange[], nowMs: number, ask: boolean): readonly AlarmChange[] {
    const need = { fromMs: window.fromMs, toMs: Math.min(window.toMs, nowMs) };
    const held = this.held;
    const has = held !== null && covers(held.window, need);
    if (ask && !has && !this.asking && Date.now() >= this.notBeforeMs) void this.request(need, nowMs);
    if (this.of[0] !== held || this.of[1] !== live) {
      this.of = [held, live];
      this.all = joinedRaises(held?.changes ?? [], live);
    }
    return this.all.filter(({ time }) => time >= window.fromMs && time <= window.toMs);
  }

  private async request(need: Window, nowMs: number): Promise<void> {
    this.asking = true;
    const held = this.held?.window ?? need;
    // Charts of one page show stretches that lie within each other: the longest serves all.
    const both = {
      fromMs: Math.min(held.fromMs, need.fromMs),
      toMs: Math.max(Math.min(held.toMs, nowMs), need.toMs),
    };
    const wanted = spanOf(both) <= spanOf(need) * MOST_WIDER ? both : need;
    const { fromMs, toMs } = widened(wanted, spanOf(wanted));
    const answer = await read(this.base, 'api/alarms/journal', parseJournal, {
      from: String(fromMs),
      to: String(toMs),
      most: String(MOST),
    });
    this.asking = false;
    if ('failed' in answer) {
      this.notBeforeMs = Date.now() + RETRY_MS;
      return;
    }
    // What is later than the answer comes by itself.
    const end = toMs >= nowMs ? Number.POSITIVE_INFINITY : toMs;
    this.held = { window: { fromMs, toMs: end }, changes: answer.read };
    this.version += 1;
  }
}
