/** When rows of one series came, as opposed to when they were measured. All times are of the server's clock. */

/** Beyond this, event times are those of another day (a replay, a device without a clock). */
const CLOCKS_AGREE_MS = 10_000;
const SHIFT_CHANGED_MS = 2_000;

export class Arrival {
  private seenAt = Number.NEGATIVE_INFINITY;
  /** What to take from the server's time to be in the time of this series' events. */
  shiftMs = 0;

  /**
   * @param history whether the row may be from before this page was opened: then only its own time says
   *   how fresh it is.
   */
  note(eventMs: number, arrivedMs: number, history: boolean): void {
    if (history) {
      this.seenAt = Math.max(this.seenAt, Math.min(arrivedMs, eventMs));
      return;
    }
    this.seenAt = arrivedMs;
    const lagMs = arrivedMs - eventMs;
    if (Math.abs(lagMs) <= CLOCKS_AGREE_MS) this.shiftMs = 0;
    else if (Math.abs(lagMs - this.shiftMs) > SHIFT_CHANGED_MS) this.shiftMs = lagMs;
  }

  /** Time since the last sign of life in milliseconds; infinite when there was none. */
  ageMs(nowMs: number): number {
    return Math.max(0, nowMs - this.seenAt);
  }
}
