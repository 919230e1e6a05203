/** Which stretch of time the charts of the page show: one for all, so that what is compared was at one time. */
import { OWN, type Choice, type Window } from './window';

export class TimeView {
  choice = $state.raw<Choice>(OWN);
  /** What was zoomed or moved to; null while the choice stands. */
  zoom = $state.raw<Window | null>(null);
  /** The flow's time at which the charts were halted. */
  pausedAtMs = $state<number | null>(null);
  /** Whether the same stretch a day before is drawn as well. */
  compare = $state(false);

  /** Whether the charts follow the present. */
  readonly live = $derived(this.zoom === null && this.choice.kind !== 'fixed' && this.pausedAtMs === null);
  /** Whether somebody asked for another time than the layout gives. */
  readonly asked = $derived(this.zoom !== null || this.choice.kind !== 'own' || this.compare);

  /**
   * @param ownSpanMs what the layout gives the chart
   * @param presentMs the flow's present; @param shiftMs what the events of the chart lag behind it
   */
  window(ownSpanMs: number, presentMs: number, shiftMs = 0): Window {
    if (this.zoom !== null) return this.zoom;
    if (this.choice.kind === 'fixed') return this.choice.window;
    const toMs = (this.pausedAtMs ?? presentMs) - shiftMs;
    const spanMs = this.choice.kind === 'live' ? this.choice.spanMs : ownSpanMs;
    return { fromMs: toMs - spanMs, toMs };
  }

  choose(choice: Choice): void {
    this.choice = choice;
    this.zoom = null;
    this.pausedAtMs = null;
  }

  /** Back to the present, in the span that was chosen. */
  toLive(): void {
    this.choose(this.choice.kind === 'fixed' ? OWN : this.choice);
  }

  togglePause(nowMs: number): void {
    this.pausedAtMs = this.pausedAtMs === null ? nowMs : null;
  }
}
