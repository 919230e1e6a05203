/** Sets the service worker to work, where the browser allows one: on this computer, or by https. */

const AFTER_LOADING_MS = 3_000;

export function keepForOffline(base: string): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // After the page is there, and shows its first values: these must not wait for what is kept for later.
  addEventListener('load', () => {
    setTimeout(() => {
      navigator.serviceWorker.register(new URL('service-worker.js', base)).catch((reason: unknown) => {
        console.info('the page cannot be kept for use without the server', reason);
      });
    }, AFTER_LOADING_MS);
  });
}
