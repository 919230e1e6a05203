/** Moves and zooms by pointer, two fingers and wheel: with ctrl the wheel zooms, as it does on the charts. */

export interface Hand {
  move(dx: number, dy: number): void;
  /** @param x,y the point that stays, within the element. */
  zoom(by: number, x: number, y: number): void;
}

/** A press that moves less is a click. */
const CLICK_PX = 4;
const LINE_PX = 16;

interface At {
  readonly x: number;
  readonly y: number;
}

const distance = (a: At, b: At): number => Math.hypot(a.x - b.x, a.y - b.y);

export function pointers(hand: Hand) {
  return (element: Element): (() => void) => {
    const down = new Map<number, At>();
    let start: At | null = null;
    let moving = false;
    const stopped = new AbortController();
    const within = (at: At): At => {
      const box = element.getBoundingClientRect();
      return { x: at.x - box.left, y: at.y - box.top };
    };
    const listen = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      options: AddEventListenerOptions = {},
    ): void =>
      element.addEventListener(type, listener as EventListener, { ...options, signal: stopped.signal });

    listen('pointerdown', (event) => {
      if (event.button !== 0) return;
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      start = { x: event.clientX, y: event.clientY };
      moving = down.size > 1;
    });
    listen('pointermove', (event) => {
      const before = down.get(event.pointerId);
      if (before === undefined || start === null) return;
      const now = { x: event.clientX, y: event.clientY };
      if (!moving && distance(start, now) < CLICK_PX) return;
      // Only now: a node that is pressed must get its click.
      if (!moving) element.setPointerCapture(event.pointerId);
      moving = true;
      down.set(event.pointerId, now);
      const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      if (other === undefined) return hand.move(now.x - before.x, now.y - before.y);
      const middle = within({ x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      const apart = distance(before, other);
      if (apart > 0) hand.zoom(distance(now, other) / apart, middle.x, middle.y);
      hand.move((now.x - before.x) / 2, (now.y - before.y) / 2);
    });
    const up = (event: PointerEvent): void => {
      down.delete(event.pointerId);
    };
    listen('pointerup', up);
    listen('pointercancel', up);
    // What follows a movement is no click on what happens to lie under it.
    listen(
      'click',
      (event) => {
        if (moving) event.stopPropagation();
        moving = false;
      },
      { capture: true },
    );
    listen(
      'wheel',
      (event) => {
        event.preventDefault();
        const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
        const [dx, dy] =
          event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
        if (event.ctrlKey || event.metaKey) {
          const at = within({ x: event.clientX, y: event.clientY });
          hand.zoom(Math.exp((-dy * unit) / 300), at.x, at.y);
        } else hand.move(-dx * unit, -dy * unit);
      },
      { passive: false },
    );
    return () => stopped.abort();
  };
}
