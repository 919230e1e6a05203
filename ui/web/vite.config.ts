import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const WORKER = 'service-worker';
/** What runs at once, by the names of its parts. */
const FIRST = ['page', 'runtime'];
/** Of no use without the server: these are not kept for being without it. */
const ONLINE_ONLY = ['FlowPage', 'Editor'];

/** Tells the service worker which files the page is made of. */
function shell(): Plugin {
  return {
    name: 'twinflow-shell',
    apply: 'build',
    // After the style sheet has been put together.
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle[`${WORKER}.js`];
      if (worker?.type !== 'chunk') this.error('the service worker is missing from the build');
      const still = readdirSync('public', { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/').replace(/^public\//, ''));
      const built = Object.entries(bundle)
        .filter(([, file]) => file.type !== 'chunk' || !ONLINE_ONLY.includes(file.name))
        .map(([name]) => name)
        .filter((name) => name.startsWith('assets/'));
      const files = [...built, ...still].sort();
      const page = bundle['index.html'];
      const html = page?.type === 'asset' ? String(page.source) : '';
      const version = createHash('sha256')
        .update([html, ...files].join('\n'))
        .digest('hex')
        .slice(0, 12);
      worker.code = worker.code.replace('__SHELL__', JSON.stringify({ version, files }));
    },
  };
}

/** Browsers that know this hint, those of Chromium, compile what runs at once beside the main thread and not on it. */
function compiledAhead(): Plugin {
  const HINT = '//# allFunctionsCalledOnLoad\n';
  return {
    name: 'twinflow-compiled-ahead',
    apply: 'build',
    generateBundle: {
      // It has to be the first line, before any that others add.
      order: 'post',
      handler(_options, bundle) {
        for (const first of FIRST) {
          const chunk = Object.values(bundle).find(({ name }) => name === first);
          if (chunk?.type !== 'chunk') this.error(`${first} is missing from the build: was it renamed?`);
          chunk.code = HINT + chunk.code;
        }
      },
    },
  };
}

/** Browsers that know this attribute, those of Chromium, spend no time on pictures of the page from before there is anything in it. */
function firstPicture(): Plugin {
  return {
    name: 'twinflow-first-picture',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const waiting = html.replaceAll('<script type="module"', '<script type="module" blocking="render"');
        if (waiting === html) throw new Error('index.html: expected a module script');
        return waiting;
      },
    },
  };
}

export default defineConfig({
  // Relative, so that the page works under any prefix a reverse proxy puts it.
  base: './',
  plugins: [svelte(), shell(), compiledAhead(), firstPicture()],
  build: {
    target: 'es2022',
    // Nothing is inlined (content security policy). What is opened rarely is loaded then.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // What is built in keeps its authors' terms beside it.
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      input: { index: 'index.html', [WORKER]: 'src/offline/service-worker.ts' },
      output: {
        // What the page begins with comes in two parts, which are read side by side.
        codeSplitting: {
          groups: [
            { name: 'runtime', tags: ['$initial'], test: /\/node_modules\// },
            { name: 'page', tags: ['$initial'], test: /\/src\/(?!offline\/(service-worker|strategy)\.)/ },
          ],
        },
        // Beside the page: a worker rules over the folder it lies in.
        entryFileNames: ({ name }) => (name === WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
