/** One drawing beat for all widgets: at most once a screen frame, and never while the page is hidden. */

/** Time moves on without data too: axes scroll and ages grow. */
const BEAT_MS = 100;
const CALM_BEAT_MS = 500;

export class Frame {
  private readonly painters = new Set<() => void>();
  private pending = false;
  private beat: ReturnType<typeof setInterval> | undefined;

  start(): void {
    document.addEventListener('visibilitychange', this.follow);
    this.follow();
  }

  /** Calls `painter` at every beat until the returned function is called. */
  add(painter: () => void): () => void {
    this.painters.add(painter);
    this.request();
    return () => this.painters.delete(painter);
  }

  request(): void {
    if (this.pending || document.hidden) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      for (const painter of this.painters) this.paint(painter);
    });
  }

  /** One broken widget must not stop the others. */
  private paint(painter: () => void): void {
    try {
      painter();
    } catch (reason) {
      this.painters.delete(painter);
      reportError(reason);
    }
  }

  private readonly follow = (): void => {
    clearInterval(this.beat);
    if (document.hidden) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.beat = setInterval(() => this.request(), calm ? CALM_BEAT_MS : BEAT_MS);
    this.request();
  };
}
