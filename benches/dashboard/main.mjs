/** Runs the measurements that are asked for, one after the other, and prints one table. */
import { crowd } from './measure/crowd.mjs';
import { fifty } from './measure/fifty.mjs';
import { interactive } from './measure/interactive.mjs';
import { latency } from './measure/latency.mjs';
import { slow } from './measure/slow.mjs';

const MEASUREMENTS = { interactive, fifty, latency, crowd, slow };
const DEFAULT_MINUTES = 5;

function usage(wrong) {
  console.error(`run: ${wrong}; expected any of ${Object.keys(MEASUREMENTS).join(', ')}, and --minutes N`);
  process.exit(2);
}

const asked = [];
let minutes = DEFAULT_MINUTES;
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === '--minutes') {
    minutes = Number(words.shift());
    if (!(minutes > 0)) usage('--minutes needs a number');
  } else if (word in MEASUREMENTS) asked.push(word);
  else usage(`there is no "${word}"`);
}

const rows = [];
for (const name of asked.length > 0 ? asked : Object.keys(MEASUREMENTS)) {
  console.error(`== ${name}`);
  // What was measured is worth seeing even when what comes after it fails.
  for (const row of await MEASUREMENTS[name]({ minutes })) {
    rows.push(row);
    console.error(`   ${row.join(': ')}`);
  }
}
console.log('\n| what | figure |\n| --- | --- |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
