/** Something that the server keeps of a stretch of time: asked for anew when the stretch, or what is in it, changes. */
import type { Session } from '../session.svelte';
import { spanOf, type Window } from '../time/window';
import { read } from '../ask';

const DAY_MS = 86_400_000;
/** Changes that come together are asked for together. */
const SETTLE_MS = 600;
const REFRESH_MS = 15_000;
const CLOCK_LAG_MS = 1_000;

export class Lookup<T> {
  value = $state.raw<T | null>(null);
  failed = $state<string | null>(null);
  window = $state.raw<Window>({ fromMs: 0, toMs: 0 });
  private latest = 0;

  /** @param most entries; null where the answer is not a list */
  constructor(
    private readonly session: Session,
    private readonly path: string,
    private readonly parse: (value: unknown) => T,
    private readonly most: number | null = null,
  ) {
    let asked = false;
    $effect(() => {
      const { view, alarms } = session;
      void [view.choice, view.zoom, view.pausedAtMs, session.connected];
      if (view.live) void alarms.recent;
      const wait = setTimeout(() => void this.ask(), asked ? SETTLE_MS : 0);
      asked = true;
      // What is refused changes no alarm, and nobody tells of it.
      const again = view.live ? setInterval(() => void this.ask(), REFRESH_MS) : undefined;
      return () => {
        clearTimeout(wait);
        clearInterval(again);
      };
    });
  }

  /** Whether the window ends with the present. */
  get live(): boolean {
    return this.session.view.live;
  }

  async ask(): Promise<void> {
    if (this.session.dashboard?.history === false) {
      this.failed = 'This flow keeps no history, and so no journal.';
      return;
    }
    const turn = (this.latest += 1);
    const { fromMs, toMs } = this.session.view.window(DAY_MS, this.session.now());
    const window = { fromMs: Math.ceil(fromMs), toMs: Math.ceil(toMs) };
    const asked = this.live ? { ...window, toMs: this.present(window.toMs) } : window;
    const answer = await read(this.session.base, this.path, this.parse, {
      from: String(asked.fromMs),
      to: String(asked.toMs),
      ...(this.most === null ? {} : { most: String(this.most) }),
    });
    if (turn !== this.latest) return;
    this.window = window;
    if ('failed' in answer) this.failed = answer.failed;
    else [this.value, this.failed] = [answer.read, null];
  }

  /** The end is left out, and the page's clock is a little behind: what has just happened must be in. */
  private present(nowMs: number): number {
    return Math.max(nowMs + CLOCK_LAG_MS, (this.session.alarms.recent.at(-1)?.time ?? 0) + 1);
  }

  get spanMs(): number {
    return spanOf(this.window);
  }
}
