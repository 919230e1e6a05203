/** Keeps the files of the page, so that it opens without the server and says so. */
import { strategyFor } from './strategy';

declare const self: ServiceWorkerGlobalScope;

/** The build puts the names of the files here. */
declare const __SHELL__: { readonly version: string; readonly files: readonly string[] };

/** The page as it was built: the one that the server gives has something of the plant in it. */
const PAGE = 'index.html';

const shell = __SHELL__;
const { scope } = self.registration;
const family = `twinflow ${scope}`;
const name = `${family} ${shell.version}`;

async function keep(): Promise<void> {
  const cache = await caches.open(name);
  await cache.addAll(
    [PAGE, ...shell.files].map((path) => new Request(new URL(path, scope), { cache: 'reload' })),
  );
}

/** Pages of the build before are closed by now: nobody asks for its files any more. */
async function forgetOthers(): Promise<void> {
  const others = (await caches.keys()).filter((other) => other.startsWith(`${family} `) && other !== name);
  await Promise.all(others.map((other) => caches.delete(other)));
  await self.clients.claim();
}

async function kept(request: Request | string): Promise<Response | undefined> {
  return (await caches.open(name)).match(request, { ignoreSearch: true });
}

async function fresh(request: Request, fallback: Request | string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (reason) {
    const answer = await kept(fallback);
    if (answer === undefined) throw reason;
    return answer;
  }
}

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  switch (strategyFor(request, scope, shell.files)) {
    case 'pass':
      return;
    case 'page':
      return event.respondWith(fresh(request, new URL(PAGE, scope).href));
    case 'fresh':
      return event.respondWith(fresh(request, request));
    case 'kept':
      return event.respondWith(kept(request).then((answer) => answer ?? fetch(request)));
  }
});
