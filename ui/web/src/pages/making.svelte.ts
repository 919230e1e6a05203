/** The widgets of a page are made over some frames: those at its head stand soon, and a press need not wait for the last. */
import { flushSync, untrack } from 'svelte';
import { afterPicture } from './picture';

/** What a frame may take for it. Each frame also costs a layout, so that shorter ones would make a page later. */
const SLICE_MS = 40;
/** These come with the page itself. */
const FIRST = 2;

export class Making {
  private made = $state(FIRST);

  /** @param place where each widget, by its id, stands on the page */
  constructor(private readonly place: () => ReadonlyMap<string, number>) {
    $effect(() => untrack(() => this.goOn()));
  }

  /** Whether it is the turn of a widget to be made, or was. */
  has(id: string): boolean {
    return (this.place().get(id) ?? 0) < this.made;
  }

  private goOn(): () => void {
    const slice = (): void => {
      const begunMs = performance.now();
      const all = this.place().size;
      while (this.made < all && performance.now() - begunMs < SLICE_MS) {
        this.made += 1;
        flushSync();
      }
      // A page that is laid out anew for another width keeps what it has.
      if (this.made < all) frame = requestAnimationFrame(slice);
    };
    let frame = 0;
    // The first ones are to be seen before the others are begun.
    const callOff = afterPicture(() => (frame = requestAnimationFrame(slice)));
    return () => {
      callOff();
      cancelAnimationFrame(frame);
    };
  }
}
