/** Pictures of the page: `node mock/shots.mjs URL FOLDER [label]`. Needs a Chromium at CHROMIUM or /usr/bin/chromium. */
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const [url, folder = 'shots', label = 'page'] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: node mock/shots.mjs URL [FOLDER] [LABEL]');

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [width, height] of /** @type {const} */ ([
    [1440, 900],
    [768, 1024],
    [390, 844],
  ])) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    page.on('console', (line) => ['error', 'warning'].includes(line.type()) && console.log(line.text()));
    page.on('pageerror', (error) => console.log(error.message));
    await page.goto(url);
    await page.waitForSelector('[data-condition=fresh]');
    await page.waitForTimeout(1500);
    await page.screenshot({ path: `${folder}/${label}-${colorScheme}-${width}.png`, fullPage: true });
    await page.close();
  }
}
await browser.close();
