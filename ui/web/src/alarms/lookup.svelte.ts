/** Something that the server keeps of a stretch of time: asked for anew when the stretch, or what is in it, changes. */
import type { Session } from '../session.svelte';
import { spanOf, type Window } from '../time/window';
import { read } from './ask';

const DAY_MS = 86_400_000;
/** Changes that come together are asked for together. */
const SETTLE_MS = 600;

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
      return () => clearTimeout(wait);
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
    // The end is left out: what is of this very moment must be in.
    const { fromMs, toMs } = this.session.view.window(DAY_MS, this.session.now() + 1);
    const window = { fromMs: Math.ceil(fromMs), toMs: Math.ceil(toMs) };
    const answer = await read(this.session.base, this.path, this.parse, {
      from: String(window.fromMs),
      to: String(window.toMs),
      ...(this.most === null ? {} : { most: String(this.most) }),
    });
    if (turn !== this.latest) return;
    this.window = window;
    if ('failed' in answer) this.failed = answer.failed;
    else [this.value, this.failed] = [answer.read, null];
  }

  get spanMs(): number {
    return spanOf(this.window);
  }
}
