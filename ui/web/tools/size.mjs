/** How much a browser loads: `npm run size`, after a build. Ends with 1 when the first load is beyond its budget. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 120;
const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));

const page = await readFile(`${dist}/index.html`, 'utf8');
const files = await Promise.all(
  (await readdir(`${dist}/assets`))
    .filter((name) => /\.(js|css)$/.test(name))
    .map(async (name) => ({
      name,
      first: page.includes(`assets/${name}`),
      kb: gzipSync(await readFile(`${dist}/assets/${name}`), { level: 9 }).length / 1000,
    })),
);
files.sort((a, b) => Number(b.first) - Number(a.first) || b.kb - a.kb);
for (const { name, first, kb } of files) {
  console.log(`${kb.toFixed(1).padStart(7)} kB  ${first ? 'first load' : 'later     '}  ${name}`);
}
const total = files.filter(({ first }) => first).reduce((sum, { kb }) => sum + kb, 0);
console.log(`${total.toFixed(1).padStart(7)} kB  gzipped at first load, of ${BUDGET_KB} kB`);
process.exitCode = total <= BUDGET_KB ? 0 : 1;
