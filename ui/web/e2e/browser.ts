/** The system's Chromium, and a watch on what a page must not do. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const LAUNCH = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath))
    throw new Error(`Chromium is missing at ${executablePath}: install it, or name it in CHROMIUM`);
  return chromium.launch({ executablePath, args: LAUNCH });
}

/** Collects console errors and warnings, uncaught errors, and requests to other hosts. */
export function watch(page: Page, home: string): string[] {
  const complaints: string[] = [];
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type())) complaints.push(line.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(home) && !url.startsWith('data:') && !url.startsWith('blob:')) complaints.push(url);
  });
  return complaints;
}

/** The text of a field of a widget, as it is shown. */
export function shown(page: Page, widget: string, field: string): Promise<string | null> {
  return page.textContent(`[data-widget-id="${widget}"] [data-field="${field}"]`);
}

/** Waits until a field of a widget shows a text. */
export async function until(page: Page, widget: string, field: string, text: string): Promise<void> {
  const place = page.locator(`[data-widget-id="${widget}"] [data-field="${field}"]`, { hasText: text });
  await place.first().waitFor();
}
