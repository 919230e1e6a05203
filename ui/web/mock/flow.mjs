/**
 * The flow behind the simulated fans: `/api/flow`, `/api/nodes`, `/api/tap`, and what the editor asks. Its text is that of
 * flows/fan-cooling.yaml; a save changes it in memory only. TROUBLE=1 shows what can be wrong, EDITABLE=0 forbids to edit,
 * and POST /mock/flow?broken=1 or ?elsewhere=1 plays an edit by another program.
 */
import { readFile } from 'node:fs/promises';
import { diagnosticsOf, nodesOf, ROLES } from './flow-text.mjs';

const PATH = 'flows/fan-cooling.yaml';
const CAPACITY = 64;
const original = await readFile(new URL('../../../flows/fan-cooling.yaml', import.meta.url), 'utf8');
const trouble = process.env['TROUBLE'] === '1';
const started = Date.now();

/** What the file says, and what runs. */
let text = original;
let running = original;
let version = 1;
let fault = /** @type {{ report: string, sinceMs: number } | null} */ (null);

/** @param {string} name @param {string | null} [unit] @param {number[] | null} [range] @param {string} [title] */
const field = (name, unit = null, range = null, title = name, type = 'number') => ({
  name,
  title,
  unit,
  type,
  range,
});
const FAN = [
  field('temp', '°C', [0, 60], 'Temperature'),
  field('rpm', 'rpm', [0, 3200], 'Fan speed'),
  field('current', 'A', [0, 2], 'Motor current'),
  field('vibration', 'g', [0, 0.15], 'Vibration RMS'),
  field('control_mode', null, null, 'Control', 'text'),
];
const KPIS = [...FAN, field('power', 'W', [0, 460]), field('energy', 'Wh'), field('co2', 'g', null, 'CO₂')];
const FAULTS = [
  ...KPIS,
  field('fault_label', null, null, 'Fault', 'text'),
  field('confidence', '%', [0, 100]),
];

/** @param {import('./flow-text.mjs').Node} node */
function outputsOf({ type }) {
  const fields = type === 'mqtt-in' ? FAN : ['kpi', 'twin', 'window'].includes(type) ? KPIS : FAULTS;
  if (ROLES[type] === 'sink' || type === 'virtual-fan') return [];
  return [
    { name: 'out', fields },
    {
      name: 'error',
      fields: [field('kind', null, null, 'Kind', 'text'), field('message', null, null, 'Message', 'text')],
    },
  ];
}

const DOC = `Does what its type says.

A longer text about it, with \`code\`, **weight** and [a link](https://example.org/).

\`\`\`yaml
nodes:
  kpis: { type: kpi, from: fan, values: { power: 230 V * current } }
\`\`\`
`;

export const revision = () => `${started.toString(16)}-${version}`;

function flow() {
  return {
    name: 'Fan cooling',
    editable: process.env['EDITABLE'] !== '0',
    files: [{ path: PATH, text, revision: revision() }],
    nodes: nodesOf(running).map((node) => ({
      id: node.id,
      type: node.type,
      role: node.role,
      file: PATH,
      lines: node.lines,
      inputs: node.from.map((from) => {
        const [id, output = 'out'] = from.split('.');
        return { from: id, output };
      }),
      outputs: outputsOf(node),
      doc: DOC,
    })),
    fault,
    revision: revision(),
  };
}

function nodes() {
  const uptimeMs = Date.now() - started;
  const records = Math.floor(uptimeMs / 200);
  const state = (/** @type {import('./flow-text.mjs').Node} */ { id, type, role }) => {
    const quiet = type === 'control' || id === 'commands' || id === 'answers' || id === 'obeyed';
    const wrong = trouble && ['log', 'faults', 'answers', 'kpis'].includes(id) ? id : '';
    const count = quiet ? Math.floor(records / 200) : type === 'virtual-fan' ? 0 : records;
    return {
      node: id,
      type,
      role,
      in: role === 'source' ? 0 : count,
      out: role === 'sink' ? 0 : count,
      dropped: 0,
      errors: wrong === 'kpis' ? Math.floor(records / 7) : id === 'fan' ? 3 : 0,
      queue:
        role === 'source'
          ? null
          : { waiting: wrong === 'faults' ? CAPACITY : records % 3 === 0 ? 1 : 0, capacity: CAPACITY },
      batches: role === 'transform' ? count : 0,
      batchSeconds: role === 'transform' ? count * (id === 'faults' ? 0.0021 : 0.000_18) : 0,
      notReady:
        wrong === 'log'
          ? 'cannot write data/fan.csv: no space left'
          : wrong === 'answers'
            ? 'cannot reach the broker'
            : null,
    };
  };
  const message = 'expected value at line 1 column 1: "temp=24.1"';
  const problems = [{ node: 'fan', kind: 'not JSON', message, count: 3, lastMs: started }];
  if (trouble)
    problems.unshift({
      node: 'kpis',
      kind: 'no number',
      message: 'power: 230 V * current: current is missing',
      count: Math.floor(records / 7),
      lastMs: Date.now(),
    });
  return { flow: 'Fan cooling', uptimeMs, nodes: nodesOf(running).map(state), problems };
}

/** @param {import('node:http').ServerResponse} response @param {string} id */
function tap(response, id) {
  const node = nodesOf(running).find((candidate) => candidate.id === id);
  const outputs = node === undefined ? [] : outputsOf(node);
  const fields = outputs[0]?.fields ?? FAULTS;
  const timer = setInterval(() => {
    const t = Date.now();
    const value = (
      /** @type {{ name: string, type: string, range: number[] | null }} */ { name, type, range },
    ) => {
      if (type === 'text') return name === 'fault_label' ? 'Normal operation' : 'automatic';
      return (range?.[1] ?? 100) * (0.5 + 0.1 * Math.sin(t / 9000) + 0.01 * Math.random());
    };
    const record = {
      time: new Date(t).toISOString(),
      key: 'fan',
      node: id,
      output: outputs.length > 0 ? 'out' : null,
      fields: Object.fromEntries(fields.map((field) => [field.name, value(field)])),
    };
    response.write(`${JSON.stringify(record)}\n`);
    if (Math.random() < 0.01) response.write('{"missed": 12}\n');
  }, 200);
  response.on('close', () => clearInterval(timer));
}

/** @param {{ text: string, line: number, column: number }} asked */
function complete({ text: written, line, column }) {
  const before = (written.split('\n')[line] ?? '').slice(0, column);
  const list = /type:\s*[\w-]*$/.test(before)
    ? Object.entries(ROLES).map(([type, role]) => ({
        label: type,
        detail: role,
        documentation: DOC,
        insert: type,
      }))
    : /from:\s*[\w-]*$/.test(before)
      ? nodesOf(written).map(({ id, type }) => ({ label: id, detail: type, documentation: null, insert: id }))
      : ['type', 'from', 'values', 'fields'].map((name) => ({
          label: name,
          detail: 'field',
          documentation: `What \`${name}\` is for.`,
          insert: `${name}: `,
        }));
  const word = /[\w-]*$/.exec(before)?.[0] ?? '';
  return { items: list.map((item) => ({ ...item, replaceBefore: word.length })) };
}

/** @param {{ text: string, line: number, column: number }} asked */
function hover({ text: written, line }) {
  const type = /type: ([\w-]+)/.exec(written.split('\n')[line] ?? '')?.[1];
  return type === undefined ? {} : { markdown: `**${type}** (${ROLES[type] ?? 'unknown'})\n\n${DOC}` };
}

/** @param {{ path: string, text: string, revision: string }} asked @returns {[number, object]} */
function save(asked) {
  if (process.env['EDITABLE'] === '0') return [403, { error: 'this flow cannot be edited here' }];
  if (asked.revision !== revision())
    return [409, { error: 'the file has changed meanwhile', text, revision: revision() }];
  const diagnostics = diagnosticsOf(PATH, asked.text);
  if (diagnostics.length > 0) return [422, { error: 'the flow has errors', diagnostics }];
  change(asked.text);
  return [200, { revision: revision(), diagnostics: [] }];
}

/** @param {string} next */
function change(next) {
  text = next;
  version += 1;
  const diagnostics = /** @type {{ message: string, line: number, column: number }[]} */ (
    diagnosticsOf(PATH, next)
  );
  const [first] = diagnostics;
  if (first === undefined) {
    fault = null;
    // The engine needs a moment.
    setTimeout(() => (running = next), 600);
  } else {
    const report = `error[unknown-node]: ${first.message}\n  --> ${PATH}:${first.line}:${first.column}\n   |\n${first.line} | ${next.split('\n')[first.line - 1]}\n   | ^^^\n`;
    fault = { report, sinceMs: Date.now() };
  }
}

export function currentFault() {
  return fault;
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return JSON.parse(body);
}

/**
 * Answers what belongs to the flow.
 * @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
 * @param {URL} url @param {Record<string, string>} headers @returns {Promise<boolean>} whether it was its business
 */
export async function answerFlow(request, response, url, headers) {
  const say = (/** @type {object} */ answer, status = 200) => {
    response
      .writeHead(status, { ...headers, 'content-type': 'application/json' })
      .end(JSON.stringify(answer));
    return true;
  };
  const asked = `${request.method} ${url.pathname}`;
  if (asked === 'GET /api/flow') return say(flow());
  if (asked === 'GET /api/nodes') return say(nodes());
  if (asked === 'POST /mock/flow') {
    if (url.searchParams.has('broken')) change(text.replace('from: recent', 'from: recnt'));
    else change(`${text}\n# Changed by another program.\n`);
    return say({});
  }
  if (url.pathname.startsWith('/api/tap/')) {
    response.writeHead(200, { ...headers, 'content-type': 'application/x-ndjson' });
    tap(response, decodeURIComponent(url.pathname.slice('/api/tap/'.length)));
    return true;
  }
  if (!url.pathname.startsWith('/api/flow/')) return false;
  if (request.headers['x-requested-with'] !== 'twinflow') return say({ error: 'not asked by the page' }, 403);
  const body = await bodyOf(request);
  if (asked === 'POST /api/flow/check') {
    const diagnostics = diagnosticsOf(body.path, body.text);
    return say({ ok: diagnostics.length === 0, diagnostics });
  }
  if (asked === 'POST /api/flow/complete') return say(complete(body));
  if (asked === 'POST /api/flow/hover') return say(hover(body));
  if (asked === 'PUT /api/flow/files') {
    const [status, answer] = save(body);
    return say(answer, status);
  }
  return false;
}
