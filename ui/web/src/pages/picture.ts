/** The picture that is being made. */

/** Where nobody sees the page, there is none to wait for. */
const NO_PICTURE_MS = 1_000;
const FIRST = 'first-contentful-paint';

/**
 * Calls back once the picture that is being made has been. That the browser has laid it out is not enough for the first one: what
 * runs while it still fills the pixels takes the processor away from it.
 *
 * @returns a function that calls it off
 */
export function afterPicture(then: () => void): () => void {
  const shown = new PerformanceObserver((list) => {
    if (list.getEntriesByName(FIRST).length > 0) done();
  });
  const late = setTimeout(done, NO_PICTURE_MS);
  let frame = 0;
  let afterFrame: ReturnType<typeof setTimeout> | undefined;
  if (performance.getEntriesByName(FIRST).length === 0) shown.observe({ type: 'paint', buffered: true });
  else frame = requestAnimationFrame(() => (afterFrame = setTimeout(done)));

  function callOff(): void {
    shown.disconnect();
    clearTimeout(late);
    clearTimeout(afterFrame);
    cancelAnimationFrame(frame);
  }
  function done(): void {
    callOff();
    then();
  }
  return callOff;
}
