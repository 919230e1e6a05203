/** The packages that the built page carries, by what the bundler took in: all others only help to build it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {{ name: string, version: string, license: string | null, folder: string }} Package */

/** @returns {Promise<Package[]>} by their names */
export async function bundled() {
  const built = await build({ root: ROOT, logLevel: 'error', build: { write: false } });
  const outputs = Array.isArray(built) ? built : [built];
  const folders = new Set(
    outputs
      .flatMap((one) => ('output' in one ? one.output : []))
      // A style sheet has no modules any more: what it came from is named beside it.
      .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : file.originalFileNames))
      .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  );
  const packages = await Promise.all(
    [...folders].map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
      return { name, version, license: typeof license === 'string' ? license : null, folder };
    }),
  );
  return packages.sort((a, b) => a.name.localeCompare(b.name));
}
