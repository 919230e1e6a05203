/**
 * A stand-in for the server, to look at the page with: `node mock/server.mjs [port]`.
 * LOGIN=viewer (or operator, engineer) asks for a log-in: the name is anna, and so is the password.
 * POST /mock/fault?code=1, /mock/safe?on=1 and /mock/silent?on=1 steer it; LAYOUT=kinds or factory, FANS=6, FAULTS=none, HISTORY=none,
 * ALARMS=none change what it plays. POST /mock/cut?s=20 cuts all lines for as long, and forgets what came meanwhile.
 * What is behind /flow is in flow.mjs.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { alarmNodes, Alarms } from './alarms.mjs';
import { answerFlow, currentFault } from './flow.mjs';
import * as layouts from './layout.mjs';
import { past } from './past.mjs';
import { Fan } from './plant.mjs';
import { Work } from './work.mjs';

const PERIOD_MS = 200;
const HISTORY_MS = 1_800_000;
const KEPT_ROWS = 36_000;
const CHUNK = 2_000;
const DIST = process.env['DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
});
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** How long a machine takes to follow a control. */
const FOLLOW_MS = 700;
const ANSWER_MS = 250;

const started = Date.now();
const asked = process.env['LAYOUT'] ?? 'fan';
const layout = asked === 'kinds' ? layouts.kinds : asked === 'factory' ? layouts.factory : layouts.fan;
const noHistory = process.env['HISTORY'] === 'none';
const noAlarms = process.env['ALARMS'] === 'none' || asked === 'kinds';
const alarms = new Alarms();
const dashboard = {
  ...layout,
  alarms: noAlarms ? [] : alarmNodes,
  ...(noHistory ? { history: false } : {}),
  revision: started.toString(16),
};
let forced = /** @type {number | null} */ (null);
let silent = false;
/** The role of whoever logs in; without, nobody is asked. */
const role = process.env['LOGIN'];
let loggedIn = role === undefined;
const me = () => ({
  name: role === undefined ? 'local' : loggedIn ? 'anna' : null,
  role: loggedIn ? (role ?? 'engineer') : null,
  loginRequired: role !== undefined,
  canLogOut: role !== undefined && loggedIn,
  roles: ['viewer', 'operator', 'engineer'],
});
let cutUntil = 0;

/** Two short episodes in the history, and one to come, unless told otherwise. @param {number} timeMs */
function faultAt(timeMs) {
  if (forced !== null && timeMs > started) return forced;
  if (process.env['FAULTS'] === 'none') return 0;
  const s = (timeMs - started) / 1000;
  if (s > -212 && s < -180) return 3;
  if (s > -96 && s < -74) return 1;
  return s > 25 && s < 65 ? 1 : 0;
}

/** @type {Map<string, { first: number, rows: unknown[][] }>} */
const streams = new Map();
const count = Number(process.env['FANS'] ?? 1);
const names = count > 1 ? Array.from({ length: count }, (_, i) => `fan ${i + 1}`) : ['fan'];
const work = new Work(names);
const fans = names.map((key, i) => new Fan(key, i === 0 ? faultAt : () => 0, i * 3));

/** @param {number} timeMs @returns {Record<string, unknown[][]>} */
function play(timeMs) {
  /** @type {Record<string, unknown[][]>} */
  const fresh = {};
  for (const fan of fans) {
    for (const [name, row] of Object.entries(fan.step(timeMs))) {
      keep(fresh, name, row);
      if (name === 'kpis' && !noAlarms)
        for (const [node, change] of alarms.look(row)) keep(fresh, node, change);
    }
  }
  if (timeMs % 5000 < PERIOD_MS) {
    keep(fresh, 'plant', [
      timeMs,
      '',
      4 + 3 * Math.sin(timeMs / 60_000),
      timeMs % 60_000 < 30_000 ? 'Early' : 'Late',
    ]);
  }
  for (const [stream, row] of work.step(timeMs, PERIOD_MS)) keep(fresh, stream, row);
  return fresh;
}

/** @param {Record<string, unknown[][]>} fresh @param {string} name @param {unknown[]} row */
function keep(fresh, name, row) {
  (fresh[name] ??= []).push(row);
  const stream = streams.get(name) ?? { first: 1, rows: [] };
  streams.set(name, stream);
  stream.rows.push(row);
  if (stream.rows.length > KEPT_ROWS + CHUNK) {
    stream.first += CHUNK;
    stream.rows.splice(0, CHUNK);
  }
}

for (let t = started - HISTORY_MS; t < started; t += PERIOD_MS) play(t);

/** @param {import('node:http').IncomingMessage} request @returns {Promise<any>} */
async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return JSON.parse(text);
}

/** What a drive says to a wish; null when it follows. @param {string} id @param {unknown} value */
function refusal(id, value) {
  if (id.endsWith('.speed') && Number(value) > 90)
    return 'The drive allows 90 % at most while the filter is due.';
  if (value === 'service') return 'There is no service mode on this machine.';
  return null;
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://mock');
  const headers = { 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' };
  const json = (/** @type {number} */ status, /** @type {object} */ answer) =>
    response
      .writeHead(status, { ...headers, 'content-type': 'application/json' })
      .end(JSON.stringify(answer));
  if (url.pathname === '/api/me') {
    json(200, me());
  } else if (url.pathname === '/api/login' && request.method === 'POST') {
    const { name, password } = /** @type {any} */ (await bodyOf(request));
    loggedIn = name === 'anna' && password === 'anna';
    if (loggedIn) json(200, me());
    else json(401, { error: 'name or password is wrong' });
  } else if (url.pathname === '/api/logout' && request.method === 'POST') {
    loggedIn = role === undefined;
    for (const socket of sockets.clients) socket.terminate();
    json(200, me());
  } else if (url.pathname.startsWith('/api/') && !loggedIn) {
    json(401, { error: 'log in first' });
  } else if (await answerFlow(request, response, url, headers)) {
    return;
  } else if (url.pathname === '/api/dashboard') {
    response
      .writeHead(200, { ...headers, 'content-type': 'application/json' })
      .end(JSON.stringify(dashboard));
  } else if (url.pathname.startsWith('/api/history/')) {
    if (noHistory) return void response.writeHead(404, headers).end();
    const number = (/** @type {string} */ name) => Number(url.searchParams.get(name));
    const answer = past(
      number('from'),
      number('to'),
      number('points'),
      Math.max(0, names.indexOf(url.searchParams.get('key') ?? '')),
    );
    response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } else if (url.pathname.startsWith('/api/alarms') || url.pathname === '/api/audit') {
    if (noHistory && url.pathname !== '/api/alarms') return void response.writeHead(404, headers).end();
    const answers = /** @type {Record<string, () => object>} */ ({
      '/api/alarms': () => alarms.list(),
      '/api/alarms/journal': () => Alarms.within(url.searchParams, /** @type {never} */ (alarms.journal)),
      '/api/alarms/statistics': () => alarms.statistics(url.searchParams),
      '/api/audit': () => Alarms.within(url.searchParams, /** @type {never} */ (alarms.audit)),
    });
    const answer = answers[url.pathname];
    if (answer === undefined) return void response.writeHead(404, headers).end();
    response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(answer()));
  } else if (url.pathname.startsWith('/api/nodes/') && request.method === 'GET') {
    const [node = '', operation = ''] = url.pathname.split('/').slice(3).map(decodeURIComponent);
    const told = operation === 'list' ? work.operate(node, operation, {}) : null;
    if (told === null) json(404, { error: `there is no node \`${node}\`` });
    else json(200, told);
  } else if (url.pathname.startsWith('/api/nodes/') && request.method === 'POST') {
    const [node = '', operation = ''] = url.pathname.split('/').slice(3).map(decodeURIComponent);
    if (request.headers['x-requested-with'] !== 'twinflow')
      return void json(403, { error: 'not asked by the page' });
    const wish = await bodyOf(request);
    const worked = work.operate(node, operation, wish);
    if (worked !== null) {
      // As slow as the way to a machine, so that what is shown meanwhile can be seen.
      return void setTimeout(() => json('error' in worked ? 422 : 200, worked), ANSWER_MS);
    }
    const done = alarms.operate(node, operation, wish);
    response
      .writeHead('error' in done ? 422 : 200, { ...headers, 'content-type': 'application/json' })
      .end(JSON.stringify('error' in done ? done : {}));
    if ('rows' in done) {
      /** @type {Record<string, unknown[][]>} */
      const fresh = {};
      for (const [name, row] of done.rows) keep(fresh, name, row);
      publish(fresh);
    }
  } else if (url.pathname.startsWith('/api/controls/') && request.method === 'POST') {
    const say = (/** @type {number} */ status, /** @type {object} */ answer) =>
      response
        .writeHead(status, { ...headers, 'content-type': 'application/json' })
        .end(JSON.stringify(answer));
    if (request.headers['x-requested-with'] !== 'twinflow')
      return void say(403, { error: 'not asked by the page' });
    const id = decodeURIComponent(url.pathname.slice('/api/controls/'.length));
    const { value, key } = await bodyOf(request);
    const error = refusal(id, value);
    if (error !== null) return void say(422, { error });
    const fan = fans.find((candidate) => candidate.key === key) ?? fans[0];
    const name = id.split('.').at(-1) ?? '';
    if (fan !== undefined && name !== 'ignored') {
      setTimeout(() => Object.assign(fan.settings, { [name]: value }), FOLLOW_MS);
    }
    say(200, {});
  } else if (/^\/api\/(totals|files)\//.test(url.pathname)) {
    const { status, body } = work.answer(url) ?? { status: 404, body: {} };
    if (typeof body !== 'string') return void json(status, body);
    const disposition = `attachment; filename="${url.pathname.split('/').at(-1)}"`;
    response
      .writeHead(status, { ...headers, 'content-type': 'text/csv', 'content-disposition': disposition })
      .end(body);
  } else if (url.pathname === '/mock/safe') {
    work.fail(url.searchParams.get('on') === '1');
    response.writeHead(204).end();
  } else if (url.pathname === '/mock/fault') {
    forced = url.searchParams.has('code') ? Number(url.searchParams.get('code')) : null;
    response.writeHead(204).end();
  } else if (url.pathname === '/mock/cut') {
    cutUntil = Date.now() + Number(url.searchParams.get('s')) * 1000;
    for (const socket of sockets.clients) socket.terminate();
    response.writeHead(204).end();
  } else if (url.pathname === '/mock/silent') {
    silent = url.searchParams.get('on') === '1';
    response.writeHead(204).end();
  } else {
    const path = join(
      DIST,
      normalize(['/', '/ui', '/flow'].includes(url.pathname) ? '/index.html' : url.pathname),
    );
    try {
      const body = await readFile(path);
      response
        .writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
});

const sockets = new WebSocketServer({ server, path: '/ws', verifyClient: () => loggedIn });
/** Those that have got their history: live rows come after it. @type {Set<import('ws').WebSocket>} */
const subscribed = new Set();
sockets.on('connection', (socket) => {
  if (Date.now() < cutUntil) return socket.terminate();
  const say = (/** @type {object} */ message) => socket.send(JSON.stringify(message));
  say({ type: 'hello', revision: dashboard.revision, now: Date.now() });
  socket.once('close', () => subscribed.delete(socket));
  socket.once('message', (text) => {
    const since = JSON.parse(String(text)).since;
    for (const [stream, { first, rows }] of streams) {
      const from = Math.max(0, (since[stream] ?? 0) + 1 - first);
      for (let i = from; i < rows.length; i += CHUNK) {
        say({ type: 'rows', stream, first: first + i, rows: rows.slice(i, i + CHUNK) });
      }
    }
    subscribed.add(socket);
  });
});

/** @param {object} message */
function tell(message) {
  const text = JSON.stringify(message);
  for (const socket of subscribed) socket.send(text);
}

/** @param {Record<string, unknown[][]>} fresh */
function publish(fresh) {
  for (const [stream, rows] of Object.entries(fresh)) {
    const kept = streams.get(stream);
    if (kept !== undefined)
      tell({ type: 'rows', stream, first: kept.first + kept.rows.length - rows.length, rows });
  }
}

setInterval(() => {
  if (!silent) publish(play(Date.now()));
  if (Date.now() >= cutUntil) return;
  for (const stream of streams.values()) stream.first += stream.rows.splice(0).length;
}, PERIOD_MS);

setInterval(() => {
  const broken = currentFault();
  const message = 'expected value at line 1 column 1: "temp=24.1"';
  tell({
    type: 'status',
    uptimeMs: Date.now() - started,
    nodes: { fan: { in: 1, out: 1, errors: 3 } },
    problems: [{ node: 'fan', kind: 'not JSON', message, count: 3, last_ms: started }],
    fault: broken === null ? null : { report: broken.report, since_ms: broken.sinceMs },
  });
}, 1000);

server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
});
