/**
 * Known vulnerabilities of the packages in the built page, by the registry: `npm run audit`. Ends with 1 when one is high or critical.
 * A registry that gives no answer fails nothing: whether the packages are well does not hang on the line.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundled } from './bundled.mjs';

const GRAVE = ['high', 'critical'];
const ANSWER_WITHIN_MS = 60_000;

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const { stdout } = spawnSync(npm, ['audit', '--json'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  encoding: 'utf8',
  timeout: ANSWER_WITHIN_MS,
});

/** @returns {Record<string, { severity: string, via: (string | { title: string, url: string })[] }> | null} by package */
function vulnerabilities() {
  try {
    return JSON.parse(stdout).vulnerabilities ?? null;
  } catch {
    return null;
  }
}

const found = vulnerabilities();
if (found === null) {
  console.log('audit: the registry gave no answer; nothing is known of vulnerabilities');
} else {
  const carried = (await bundled()).map(({ name }) => name);
  let wrong = 0;
  for (const [name, { severity, via }] of Object.entries(found)) {
    const counts = carried.includes(name) && GRAVE.includes(severity);
    if (counts) wrong += 1;
    const reasons = via.map((reason) =>
      typeof reason === 'string' ? reason : `${reason.title} ${reason.url}`,
    );
    console.log(`${counts ? 'in the page' : 'not counted'}  ${severity}  ${name}: ${reasons.join('; ')}`);
  }
  console.log(`audit: ${wrong} grave vulnerabilities in the ${carried.length} packages of the page`);
  process.exitCode = wrong === 0 ? 0 : 1;
}
