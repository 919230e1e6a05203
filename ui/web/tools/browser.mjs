/** The system's Chromium, and the mock server, for the tools of this folder. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export function launch() {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  });
}

/**
 * The built page with simulated fans, on a free port.
 * @param {Record<string, string>} settings
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export function mock(settings) {
  const script = fileURLToPath(new URL('../mock/server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '0'], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the mock server ended with ${code}`)));
    child.stdout.once('data', (line) =>
      resolve({ url: `${String(line).trim()}/`, stop: () => child.kill() }),
    );
  });
}
