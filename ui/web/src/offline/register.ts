/** Sets the service worker to work, where the browser allows one: on this computer, or by https. */

export function keepForOffline(base: string): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // After the page is there: what it loads first must not wait for what is kept for later.
  addEventListener('load', () => {
    navigator.serviceWorker.register(new URL('service-worker.js', base)).catch((reason: unknown) => {
      console.info('the page cannot be kept for use without the server', reason);
    });
  });
}
