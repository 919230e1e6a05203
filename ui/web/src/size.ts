/** The size of an element, as it changes. Asking for it at once would have the browser lay out the page in the middle of being made. */
import type { Attachment } from 'svelte/attachments';

/** Calls `take` with the inner width and height in pixels when the element has been laid out, and after every change. */
export function sized(take: (width: number, height: number) => void): Attachment {
  return (element) => {
    const observer = new ResizeObserver(() => take(element.clientWidth, element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  };
}
