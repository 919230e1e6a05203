/** One drawing beat for all widgets: at most once a screen frame, for a part of the time only, and never while the page is hidden. */

/** Time moves on without data too: axes scroll and ages grow. */
const BEAT_MS = 250;
const CALM_BEAT_MS = 500;
/** Drawing takes so much of the time at most. Where it is slow there are fewer frames, each with the latest. */
const MOST_SHARE = 0.1;
const LONGEST_PAUSE_MS = 200;
/** So much may frames come too early after a pause: what belongs to one reading does not always come at once. */
const AHEAD_MS = 350;
/** How much the latest frame tells of what the next will take. */
const SMOOTHING = 0.25;
/** What painters may take together before those that can wait do so. */
const FULL_MS = 8;

export class Frame {
  private readonly painters = new Set<() => void>();
  private pending = false;
  private beat: ReturnType<typeof setTimeout> | undefined;
  /** What a frame takes, with all that the browser does for it. */
  private costMs = 0;
  private begunMs = 0;
  /** When the pauses after all frames so far are over. */
  private restedMs = 0;
  private started = false;
  private calm: { readonly matches: boolean } | undefined;

  /** Until then nothing is drawn: the first picture has all in it that is there when it is made. */
  start(): void {
    this.started = true;
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');
    document.addEventListener('visibilitychange', () => this.request());
    this.request();
  }

  /** Calls `painter` at every beat until the returned function is called. */
  add(painter: () => void): () => void {
    this.painters.add(painter);
    this.request();
    return () => this.painters.delete(painter);
  }

  request(): void {
    if (this.pending || !this.started || document.hidden) return;
    this.pending = true;
    const pauseMs = this.restedMs - AHEAD_MS - performance.now();
    if (pauseMs > 0) setTimeout(() => requestAnimationFrame(this.draw), pauseMs);
    else requestAnimationFrame(this.draw);
  }

  /** Whether what can wait should wait for the next frame. */
  get full(): boolean {
    return performance.now() - this.begunMs > FULL_MS;
  }

  private readonly draw = (): void => {
    this.pending = false;
    const begunMs = performance.now();
    this.begunMs = begunMs;
    for (const painter of this.painters) this.paint(painter);
    this.restedMs = Math.max(this.restedMs, begunMs) + Math.min(LONGEST_PAUSE_MS, this.costMs / MOST_SHARE);
    // A timer comes only after the browser has laid out and painted what is new.
    setTimeout(() => (this.costMs += (performance.now() - begunMs - this.costMs) * SMOOTHING));
    clearTimeout(this.beat);
    this.beat = setTimeout(() => this.request(), this.calm?.matches ? CALM_BEAT_MS : BEAT_MS);
  };

  /** One broken widget must not stop the others. */
  private paint(painter: () => void): void {
    try {
      painter();
    } catch (reason) {
      this.painters.delete(painter);
      reportError(reason);
    }
  }
}
