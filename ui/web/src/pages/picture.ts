/** The picture that is being made. */

/** Where nobody sees the page, there is none to wait for. */
const NO_PICTURE_MS = 1_000;

/** Calls back once the picture that is being made has been. */
export function afterPicture(then: () => void): void {
  let called = false;
  const once = (): void => {
    if (!called) then();
    called = true;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, NO_PICTURE_MS);
}
