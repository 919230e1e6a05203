/** Reads of a flow what the stand-in needs: its nodes, how they are wired, and what is plainly wrong. No YAML parser. */

/** @typedef {{ id: string, type: string, role: string, from: string[], lines: [number, number], text: string }} Node */

/** @type {Record<string, string>} */
export const ROLES = {
  'mqtt-in': 'source',
  'virtual-fan': 'source',
  'csv-in': 'source',
  'csv-sink': 'sink',
  'mqtt-out': 'sink',
  'dashboard-widget': 'sink',
  ...Object.fromEntries(
    ['kpi', 'twin', 'window', 'forecast', 'anomaly', 'dedupe', 'rhai-function', 'classify', 'drift'].map(
      (type) => [type, 'transform'],
    ),
  ),
  alarm: 'transform',
  control: 'transform',
};

/** @param {string} text @returns {Node[]} */
export function nodesOf(text) {
  const lines = text.split('\n');
  const found = /** @type {Node[]} */ ([]);
  let within = false;
  for (const [i, line] of lines.entries()) {
    if (/^\S/.test(line) && !line.startsWith('#')) within = line.startsWith('nodes:');
    const name = within ? /^ {2}([\w-]+):/.exec(line)?.[1] : undefined;
    if (name !== undefined)
      found.push({ id: name, type: '', role: '', from: [], lines: [i + 1, i + 1], text: '' });
    const node = found.at(-1);
    if (within && node !== undefined && line.trim() !== '' && !/^\s{0,3}#/.test(line)) node.lines[1] = i + 1;
  }
  for (const node of found) {
    node.text = lines.slice(node.lines[0] - 1, node.lines[1]).join('\n');
    node.type = /\btype: ([\w-]+)/.exec(node.text.replace(/^ {6}.*$/gm, ''))?.[1] ?? '';
    node.role = ROLES[node.type] ?? 'transform';
    const from = /\bfrom: (\[[^\]]*\]|[\w.-]+)/.exec(node.text)?.[1] ?? '';
    node.from = from
      .replace(/[[\]\s]/g, '')
      .split(',')
      .filter((name) => name !== '');
  }
  return found;
}

/** @param {string} path @param {string} text */
export function diagnosticsOf(path, text) {
  const nodes = nodesOf(text);
  const lines = text.split('\n');
  const found = /** @type {object[]} */ ([]);
  const say = (/** @type {Node} */ node, /** @type {string} */ word, /** @type {object} */ about) => {
    const line = lines.findIndex((candidate, i) => i >= node.lines[0] - 1 && candidate.includes(word));
    const column = (lines[line] ?? '').indexOf(word);
    const place = {
      line: line + 1,
      column: column + 1,
      endLine: line + 1,
      endColumn: column + 1 + word.length,
    };
    found.push({ severity: 'error', path, label: null, help: [], ...place, ...about });
  };
  for (const node of nodes) {
    if (node.type !== '' && ROLES[node.type] === undefined) {
      const near = Object.keys(ROLES).find((type) => type.slice(0, 2) === node.type.slice(0, 2));
      say(node, node.type, {
        code: 'unknown-type',
        message: `there is no node type \`${node.type}\``,
        label: 'unknown type',
        help: near === undefined ? [] : [`did you mean \`${near}\`?`],
      });
    }
    for (const from of node.from) {
      const name = from.split('.')[0] ?? '';
      if (nodes.some(({ id }) => id === name)) continue;
      say(node, from, {
        code: 'unknown-node',
        message: `there is no node \`${name}\``,
        label: 'leads in from nowhere',
      });
    }
  }
  const tab = lines.findIndex((line) => line.includes('\t'));
  if (tab >= 0) {
    found.push({
      severity: 'error',
      code: 'yaml',
      message: 'YAML does not allow tabs',
      help: ['write spaces'],
      path,
      line: tab + 1,
      column: 1,
      endLine: tab + 1,
      endColumn: 2,
      label: null,
    });
  }
  return found;
}
