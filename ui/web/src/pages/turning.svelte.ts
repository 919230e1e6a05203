/** Which page is shown: by the address, by the tabs, and in a kiosk by the time. */
import type { Page } from '../protocol';
import { namesOf, pageAt } from './address';

export class Turning {
  index = $state(0);
  readonly names = $derived.by(() => namesOf(this.pages()));

  constructor(private readonly pages: () => readonly Page[]) {}

  /** To the page of the address, if the layout has one of that name. */
  follow(): void {
    this.index = pageAt(location.hash, this.names);
  }

  /** Takes it into the address; a step back in the browser leads to the page before. */
  turnTo(index: number): void {
    const name = this.names[index];
    if (name === undefined || index === this.index) return;
    this.index = index;
    history.pushState(null, '', `#${encodeURIComponent(name)}`);
  }

  /** In a kiosk nobody goes back, and the browser must not heap up steps. */
  turnOver(): void {
    const index = (this.index + 1) % Math.max(1, this.names.length);
    const name = this.names[index];
    if (name === undefined || index === this.index) return;
    this.index = index;
    history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  }
}
