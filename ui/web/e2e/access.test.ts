import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { launch, until, watch } from './browser';
import { send, subscribe } from './mosquitto';
import { addUser, flowFolder, startGuarded, type Program } from './program';

const FLOW = `
twinflow: 1
name: Guarded
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { speed: { unit: "%", range: [0, 100], title: Speed } }
  fast: { type: alarm, from: fan, field: speed, high: 90 %, priority: high }
  number: { type: dashboard-widget, from: fan, widget: value, fields: [speed] }
  speed: { type: control, from: fan, widget: slider, field: speed, sends: speed_pct, step: 5 }
  stop: { type: control, from: fan, widget: button, sends: stop, value: true, title: Stop }
  commands: { type: mqtt-out, from: [speed, stop], broker: plant, topic: fan/command }
`;
const PASSWORD = 'correct horse battery';
const ROLES = ['viewer', 'operator', 'engineer'] as const;

let browser: Browser;
let program: Program;
beforeAll(async () => {
  browser = await launch();
  return () => browser.close();
});
beforeAll(async () => {
  const folder = flowFolder(FLOW);
  for (const role of ROLES) addUser(folder, role, role, PASSWORD);
  program = await startGuarded(folder);
  return async () => expect(await program.stop()).toBe(0);
});

/** A browser of its own, which shares no cookies with the others; `complaints` hold nothing from before the log-in. */
async function logIn(name: string): Promise<{ page: Page; complaints: string[]; end: () => Promise<void> }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(program.url);
  await fillIn(page, name, PASSWORD);
  await page.locator('.account', { hasText: name }).waitFor();
  return { page, complaints: watch(page, program.url), end: () => context.close() };
}

async function fillIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Asks from within the page, as it would itself; gives the status. */
function ask(page: Page, path: string, body: object): Promise<number> {
  return page.evaluate(
    async ([path, text]) => {
      const headers = { 'content-type': 'application/json', 'x-requested-with': 'twinflow' };
      return (await fetch(path, { method: 'POST', headers, body: text })).status;
    },
    [path, JSON.stringify(body)] as const,
  );
}

test('nothing is shown before the log-in, a wrong password is told, and a session lasts until the log-out', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const values: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => values.push(String(payload))));
  send(program, 'fan', { speed: 41.5 });
  await page.goto(program.url);
  const form = page.getByRole('dialog', { name: 'Log in' });
  await form.waitFor();
  for (const path of ['api/dashboard', 'api/status', 'metrics', 'api/flow'])
    expect((await page.request.get(`${program.url}${path}`)).status()).toBe(401);

  await fillIn(page, 'operator', 'not the password');
  await form.getByRole('alert').filter({ hasText: 'name or password is wrong' }).waitFor();
  expect(await page.locator('[data-widget-id]').count()).toBe(0);
  expect(values).toEqual([]);

  await fillIn(page, 'operator', PASSWORD);
  await until(page, 'number', 'speed', '41.5');
  await page.reload();
  await until(page, 'number', 'speed', '41.5');
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });

  // The other page of the same browser goes dark, too.
  const other = await context.newPage();
  await other.goto(program.url);
  await until(other, 'number', 'speed', '41.5');
  await page.locator('[data-log-out]').click();
  for (const dark of [page, other]) {
    await dark.getByRole('dialog', { name: 'Log in' }).waitFor();
    expect(await dark.locator('[data-widget-id]').count()).toBe(0);
  }
  expect((await page.request.get(`${program.url}api/dashboard`)).status()).toBe(401);
  await context.close();
});

test('a viewer sees values and alarms, and can set, acknowledge and edit nothing', async () => {
  const { page, complaints, end } = await logIn('viewer');
  send(program, 'fan', { speed: 95 });
  await until(page, 'number', 'speed', '95.0');
  await page.locator('[data-worst-alarm="high"]').waitFor();
  expect(await page.locator('[data-widget-id="speed"] input').isDisabled()).toBe(true);
  expect(await page.locator('[data-widget-id="stop"] .body button').isDisabled()).toBe(true);
  await page.locator('[data-widget-id="stop"]', { hasText: 'Needs the role operator' }).waitFor();
  expect(await page.locator('[data-acknowledge-worst]').isDisabled()).toBe(true);
  await page.locator('[data-alarm-panel-button]').click();
  const panel = page.locator('#alarm-panel');
  await panel.filter({ hasText: 'Needs the role operator' }).waitFor();
  for (const button of await panel.getByRole('button', { name: /Acknowledge|Shelve/ }).all())
    expect(await button.isDisabled()).toBe(true);
  expect(complaints).toEqual([]);

  // What the page does not offer, the server refuses, too.
  expect(await ask(page, 'api/controls/speed', { value: 50 })).toBe(403);
  expect(await ask(page, 'api/nodes/fast/acknowledge', { alarm: 'high' })).toBe(403);
  expect(await ask(page, 'api/reload', {})).toBe(403);
  await page.locator('[data-alarm="high"][data-alarm-state="unacknowledged"]').waitFor();
  await end();
});

test('an operator sets what reaches the machine, and may not change the flow', async () => {
  const { page, complaints, end } = await logIn('operator');
  const command = await subscribe(program, 'fan/command');
  await page.locator('[data-widget-id="speed"] input').fill('60');
  expect(JSON.parse(await command.next)).toMatchObject({ speed_pct: 60 });
  send(program, 'fan', { speed: 95 });
  await page.locator('[data-acknowledge-worst]').click();
  await page.locator('[data-alarm-panel-button]').click();
  const alarm = page.locator('[data-alarm="high"][data-alarm-state="acknowledged"]');
  await alarm.filter({ hasText: 'by operator' }).waitFor();
  expect(complaints).toEqual([]);

  const flow = readFileSync(join(program.folder, 'flow.yaml'), 'utf8');
  await page.goto(`${program.url}flow`);
  await page.locator('[data-node="number"]').waitFor();
  expect(await page.locator('[data-flow-file], [data-save]').count()).toBe(0);
  expect(await ask(page, 'api/reload', {})).toBe(403);
  expect(readFileSync(join(program.folder, 'flow.yaml'), 'utf8')).toBe(flow);
  await end();
});

test('an engineer changes the flow', async () => {
  const { page, complaints, end } = await logIn('engineer');
  await page.goto(`${program.url}flow#node=number&show=file`);
  const line = page.locator('.cm-line', { hasText: /^ {2}number:/ });
  await line.click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Home');
  await page.keyboard.insertText(
    '  added: { type: dashboard-widget, from: fan, widget: value, fields: [speed] }\n',
  );
  await page.keyboard.press('Control+s');
  await page.locator('[data-save-confirm]').click();
  await page.locator('[data-node="added"]').waitFor({ state: 'attached' });
  expect(readFileSync(join(program.folder, 'flow.yaml'), 'utf8')).toContain('added:');
  expect(complaints).toEqual([]);
  await end();
});

test('a page of another origin sets nothing with the cookie of whoever is logged in', async () => {
  const { page, end } = await logIn('engineer');
  // Another port of the same host is the same site to a browser: `SameSite` alone would not guard.
  const evil = createServer((_, answer) => answer.end('<!doctype html><title>Another site</title>'));
  await new Promise<void>((done) => evil.listen(0, '127.0.0.1', done));
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
  const answers: number[] = [];
  elsewhere.on('response', (response) => answers.push(response.status()));
  const forge = (path: string, body: string): Promise<void> =>
    elsewhere.evaluate(
      async ([url, text]) => {
        await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: text });
      },
      [`${program.url}${path}`, body] as const,
    );
  const commands = await subscribe(program, 'fan/command');
  await forge('api/controls/speed', '{"value": 10}');
  await forge('api/nodes/fast/acknowledge', '{"alarm": "high"}');
  await forge('api/reload', '');
  await forge('api/logout', '{}');
  expect(answers).toEqual([403, 403, 403, 403]);
  // A socket is open to every site as far as the browser goes.
  const socket = await elsewhere.evaluate(
    (url) =>
      new Promise<string>((done) => {
        const line = new WebSocket(url);
        line.onopen = () => done('open');
        line.onerror = () => done('refused');
      }),
    `${program.url.replace('http', 'ws')}ws`,
  );
  expect(socket).toBe('refused');

  // Nor does anything else that has the cookie: under another origin, without one, or without the mark of our page.
  const { origin } = new URL(program.url);
  const mark = { 'x-requested-with': 'twinflow' };
  const forged = [{ ...mark, origin: 'https://plant.example' }, { ...mark }, { origin }];
  for (const headers of forged) {
    const refused = await page.request.post(`${program.url}api/controls/speed`, {
      headers,
      data: { value: 20 },
    });
    expect(refused.status()).toBe(403);
  }
  // With all of it, what the page sets is the first that reaches the machine.
  expect(await ask(page, 'api/controls/speed', { value: 70 })).toBeLessThan(300);
  expect(JSON.parse(await commands.next)).toMatchObject({ speed_pct: 70 });
  evil.close();
  await end();
});

test('a link on another site leads whoever is logged in to the dashboard, and not to the log-in', async () => {
  const { page, end } = await logIn('viewer');
  const link = `<!doctype html><title>Mail</title><a href="${program.url}">The plant</a>`;
  // Also a form that goes away by itself asks for a password.
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.querySelector('input[type=password]') !== null) sessionStorage.setItem('asked', 'yes');
    }).observe(document, { childList: true, subtree: true });
  });
  const mail = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(link));
  await new Promise<void>((done) => mail.listen(0, '127.0.0.1', done));
  // To a browser `localhost` is another site than `127.0.0.1`: the cookie does not come along.
  await page.goto(`http://localhost:${(mail.address() as AddressInfo).port}/`);
  await page.getByText('The plant').click();
  await page.locator('.account', { hasText: 'viewer' }).waitFor();
  await page.locator('[data-widget-id="number"]').waitFor();
  expect(await page.evaluate(() => sessionStorage.getItem('asked'))).toBeNull();
  mail.close();
  await end();
});
