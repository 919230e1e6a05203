/** The licences of the packages in the built page: `npm run licences`. Ends with 1 when one is not allowed or not there. */
import { readdir } from 'node:fs/promises';
import { bundled } from './bundled.mjs';

/** Those that may be part of an Apache-2.0 program without further duties than naming them. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

let wrong = 0;
for (const { name, version, license, folder } of await bundled()) {
  const hasText = (await readdir(folder)).some((file) => /^licen[cs]e/i.test(file));
  const fault =
    license === null || !ALLOWED.includes(license)
      ? `${license ?? 'no licence'} is not one of ${ALLOWED.join(', ')}`
      : hasText
        ? null
        : 'has no text of its licence';
  if (fault !== null) wrong += 1;
  console.log(`${`${name} ${version}`.padEnd(40)} ${fault ?? license}`);
}
process.exitCode = wrong === 0 ? 0 : 1;
