/** How much a browser loads: `npm run size`, after a build. Ends with 1 when the first load is beyond its budget. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 120;
/** Loaded when they are drawn, which those are on the first page of the fan's dashboard. */
const ON_THE_FIRST_PAGE = ['Advice', 'Chart', 'Timeline', 'Tools', 'Totals'];
const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));

const names = (await readdir(`${dist}/assets`)).filter((name) => /\.(js|css)$/.test(name));
/** @type {Map<string, string>} */
const texts = new Map();
for (const name of names) texts.set(name, await readFile(`${dist}/assets/${name}`, 'utf8'));
const page = await readFile(`${dist}/index.html`, 'utf8');
const first = new Set(names.filter((name) => page.includes(`assets/${name}`)));
for (const part of ON_THE_FIRST_PAGE) {
  const found = names.find((name) => name.startsWith(`${part}-`) && name.endsWith('.js'));
  if (found === undefined) throw new Error(`there is no part ${part} in ${dist}: was it renamed?`);
  first.add(found);
}
// What they are made of comes with them.
for (const name of first) {
  const imports = texts.get(name)?.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]/g) ?? [];
  for (const found of imports) if (found[1] !== undefined) first.add(found[1]);
}
// So does their style sheet, which is called as they are.
const partOf = (/** @type {string} */ name) => name.slice(0, -'-12345678.js'.length);
for (const name of [...first].filter((name) => name.endsWith('.js'))) {
  const sheet = names.find(
    (other) => other.endsWith('.css') && other.slice(0, -'-12345678.css'.length) === partOf(name),
  );
  if (sheet !== undefined) first.add(sheet);
}
const files = names.map((name) => ({
  name,
  first: first.has(name),
  kb: gzipSync(texts.get(name) ?? '', { level: 9 }).length / 1000,
}));
files.sort((a, b) => Number(b.first) - Number(a.first) || b.kb - a.kb);
for (const { name, first, kb } of files) {
  console.log(`${kb.toFixed(1).padStart(7)} kB  ${first ? 'first load' : 'later     '}  ${name}`);
}
const total = files.filter(({ first }) => first).reduce((sum, { kb }) => sum + kb, 0);
console.log(`${total.toFixed(1).padStart(7)} kB  gzipped at first load, of ${BUDGET_KB} kB`);
process.exitCode = total <= BUDGET_KB ? 0 : 1;
