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
    throw new Error(
      `Chromium is missing at ${executablePath}: install the package chromium, or name one in CHROMIUM`,
    );
  return chromium.launch({ executablePath, args: LAUNCH });
}

/**
 * Collects console errors and warnings (a breach of the content security policy is one), uncaught errors, answers
 * other than success, and whatever goes to another host.
 */
export function watch(page: Page, home: string): string[] {
  const complaints: string[] = [];
  const { host } = new URL(home);
  const check = (url: string): void => {
    if (/^(https?|wss?):/.test(url) && new URL(url).host !== host) complaints.push(`another host: ${url}`);
  };
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type())) complaints.push(`${line.type()}: ${line.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => check(request.url()));
  page.on('websocket', (socket) => check(socket.url()));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  return complaints;
}

/** Waits until a field of a widget shows exactly a text. */
export async function until(page: Page, widget: string, field: string, text: string): Promise<void> {
  const exactly = new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
  const place = `[data-widget-id="${widget}"] [data-field="${field}"]`;
  await page.locator(place).filter({ hasText: exactly }).waitFor();
}
