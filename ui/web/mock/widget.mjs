/** Fields and widgets, as the server gives them in the layout. */

/** @typedef {{ name: string, title: string, unit: string | null, type: string, range: number[] | null, labels: object | null, slot: number }} Field */

/** @returns {Field} */
export function field(
  /** @type {number} */ slot,
  /** @type {string} */ name,
  /** @type {string} */ title,
  /** @type {string | null} */ unit,
  /** @type {number[] | null} */ range,
  type = 'number',
  /** @type {object | null} */ labels = null,
) {
  return { name, title, unit, type, range, labels, slot };
}

/** @param {number} from @param {number} to @param {string} level */
const band = (from, to, level) => ({ from, to, level });
const upTo = (/** @type {number} */ normal, /** @type {number} */ warning, /** @type {number} */ end) => [
  band(0, normal, 'normal'),
  band(normal, warning, 'warning'),
  band(warning, end, 'alarm'),
];
const BANDS = /** @type {Record<string, object[]>} */ ({
  temp: upTo(40, 50, 60),
  rpm: [band(0, 1000, 'warning'), band(1000, 3100, 'normal'), band(3100, 3200, 'warning')],
  current: upTo(1.6, 1.8, 2),
  vibration: upTo(0.08, 0.12, 0.15),
  power: upTo(360, 385, 400),
});

/** @param {string} node @param {string} stream @param {string} kind @param {Field[]} fields @param {object} [more] */
export function widget(node, stream, kind, fields, more = {}) {
  const [first] = fields;
  const base = { width: null, alert: null, popup: false, span: null, bands: BANDS[first?.name ?? ''] ?? [] };
  return {
    id: `${node}.${first?.name ?? kind}`,
    node,
    stream,
    kind,
    title: first?.title,
    fields,
    ...base,
    ...more,
  };
}
