/** Something that the server is asked for: at once, anew when the question is another, and again and again while the page is seen. */
import { untrack } from 'svelte';
import type { Outcome } from '../ask';
import type { Session } from '../session.svelte';
import type { Note } from './WidgetFrame.svelte';

export class Asked<T> {
  value = $state.raw<T | null>(null);
  /** Why the last question got no answer; the value is that of one before. */
  failed = $state<string | null>(null);
  asking = $state(false);
  private turn = 0;

  /**
   * @param question what it reads of the page makes it another question when that changes; null asks nothing
   * @param everyMs how often to ask again; null for what does not change
   */
  constructor(
    private readonly session: Session,
    private readonly question: () => Promise<Outcome<T>> | null,
    everyMs: number | null,
  ) {
    $effect(() => {
      if (!session.connected) return;
      this.renew();
      if (everyMs === null) return;
      const again = (): void => {
        if (!document.hidden) untrack(() => this.renew());
      };
      const timer = setInterval(again, everyMs);
      document.addEventListener('visibilitychange', again);
      return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', again);
      };
    });
  }

  renew(): void {
    const turn = (this.turn += 1);
    const answer = this.question();
    this.asking = answer !== null;
    if (answer === null) {
      this.value = this.failed = null;
      return;
    }
    void answer.then((outcome) => {
      // A later question has taken its place.
      if (turn !== this.turn) return;
      this.asking = false;
      if ('failed' in outcome) this.failed = outcome.failed;
      else [this.value, this.failed] = [outcome.read, null];
    });
  }

  /** What stands in place of a value; null when there is one. */
  get note(): Note | null {
    if (this.value !== null) return null;
    if (!this.session.connected) return { icon: 'disconnected', words: 'No connection to the server' };
    if (this.failed !== null) return { icon: 'warning', words: this.failed };
    return { icon: 'pending', words: 'Loading' };
  }
}
