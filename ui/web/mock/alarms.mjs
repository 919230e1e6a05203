/** Alarm nodes over the simulated fans, with what the server answers of them. */

const HOUR_MS = 3_600_000;

/** @typedef {{ node: string, alarm: string, key: string, state: string, priority: string, message: string, active: boolean, since: number, value: number | null, first: boolean, shelvedUntil: number | null, acknowledged: boolean }} Life */

const CONDITIONS = [
  {
    node: 'heat',
    name: 'high',
    priority: 'medium',
    message: 'Temperature is above 33 °C',
    slot: 2,
    limit: 33,
  },
  {
    node: 'heat',
    name: 'high_high',
    priority: 'high',
    message: 'Temperature is above 41 °C',
    slot: 2,
    limit: 41,
  },
  {
    node: 'load',
    name: 'when',
    priority: 'critical',
    message: 'The motor draws too much current',
    slot: 4,
    limit: 1.7,
  },
  {
    node: 'shake',
    name: 'high',
    priority: 'low',
    message: 'Vibration is above 0.052 g',
    slot: 5,
    limit: 0.052,
  },
];
const COLUMNS = ['alarm', 'state', 'priority', 'message', 'active', 'first', 'by'];
const NODES = /** @type {const} */ ([
  ['heat', 'Temperature', '°C', [0, 60]],
  ['load', 'Motor current', null, null],
  ['shake', 'Vibration', 'g', [0, 0.15]],
]);

/** What `/api/dashboard` says of them. */
export const alarmNodes = NODES.map(([node, title, unit, range]) => ({
  node,
  stream: node,
  title,
  alarms: CONDITIONS.filter((condition) => condition.node === node).map(({ name, priority, message }) => ({
    name,
    priority,
    message,
  })),
  fields: [...COLUMNS, ...(unit === null ? [] : ['value'])].map((name, slot) => ({
    name,
    title: name === 'value' ? title : name,
    unit: name === 'value' ? unit : null,
    type: name === 'value' ? 'number' : ['active', 'first'].includes(name) ? 'boolean' : 'text',
    range: name === 'value' ? range : null,
    labels: null,
    slot,
  })),
}));

export class Alarms {
  /** @type {Map<string, Life>} */
  lives = new Map();
  /** @type {object[]} */
  journal = [];
  /** @type {object[]} */
  audit = [];

  /** Looks at a row of `kpis`; the rows of changes by stream. @param {unknown[]} row @returns {[string, unknown[]][]} */
  look(row) {
    const [time, key] = /** @type {[number, string]} */ (row);
    /** @type {[string, unknown[]][]} */
    const rows = [];
    for (const { node, name, priority, message, slot, limit } of CONDITIONS) {
      const value = Number(row[slot]);
      const id = `${node} ${name} ${key}`;
      const life = this.lives.get(id) ?? {
        ...{
          node,
          alarm: name,
          key,
          priority,
          message,
          active: false,
          state: 'normal',
          since: 0,
          value: null,
        },
        ...{ first: false, shelvedUntil: null, acknowledged: true },
      };
      this.lives.set(id, life);
      // A deadband, so that noise is one alarm.
      const active = value > (life.active ? limit * (node === 'shake' ? 0.9 : 0.97) : limit);
      if (active && !life.active) {
        Object.assign(life, {
          acknowledged: false,
          value: node === 'load' ? null : value,
          first: ![...this.lives.values()].some((other) => other.node === node && other.state !== 'normal'),
        });
      }
      life.active = active;
      if (life.shelvedUntil !== null && life.shelvedUntil <= time) {
        Object.assign(life, { shelvedUntil: null, acknowledged: !life.active });
      }
      rows.push(...this.settle(life, time, null));
    }
    return rows;
  }

  /** @param {Life} life @param {number} time @param {string | null} by @returns {[string, unknown[]][]} */
  settle(life, time, by) {
    const state =
      life.shelvedUntil !== null
        ? 'shelved'
        : life.active
          ? life.acknowledged
            ? 'acknowledged'
            : 'unacknowledged'
          : life.acknowledged
            ? 'normal'
            : 'returned';
    if (state === life.state) return [];
    Object.assign(life, { state, since: time });
    const { node, alarm, key, priority, message, active, first, value } = life;
    this.journal.unshift({
      timeMs: time,
      node,
      machine: key,
      alarm,
      state,
      priority,
      message,
      active,
      first,
      by,
      value,
    });
    return [[node, [time, key, alarm, state, priority, message, active, first, by, value]]];
  }

  list() {
    return [...this.lives.values()]
      .filter(({ state }) => state !== 'normal')
      .map(({ acknowledged: _, ...life }) => life);
  }

  /**
   * @param {string} node @param {string} operation @param {{ alarm?: string, key?: string, minutes?: number }} wish
   * @returns {{ error: string } | { rows: [string, unknown[]][] }}
   */
  operate(node, operation, wish) {
    const now = Date.now();
    const meant = [...this.lives.values()].filter(
      (life) =>
        life.node === node &&
        (wish.alarm === undefined || life.alarm === wish.alarm) &&
        (wish.key === undefined || life.key === wish.key),
    );
    const rows = meant.flatMap((life) => {
      if (operation === 'acknowledge') life.acknowledged = true;
      // One that must not be put aside, to see what a refusal looks like.
      else if (operation === 'shelve' && life.priority !== 'critical')
        life.shelvedUntil = now + (wish.minutes ?? 0) * 60_000;
      else if (operation === 'unshelve')
        Object.assign(life, { shelvedUntil: null, acknowledged: !life.active });
      return this.settle(life, now, 'local');
    });
    const error =
      rows.length > 0 ? null : `nothing can be done to ${wish.alarm ?? 'any alarm'} by \`${operation}\` now`;
    this.audit.unshift({
      ...{ timeMs: now, by: 'local', node, operation },
      arguments: JSON.stringify(wish),
      refused: error,
    });
    return error === null ? { rows } : { error };
  }

  /** @param {URLSearchParams} query @param {{ timeMs: number }[]} all */
  static within(query, all) {
    const to = Number(query.get('to') ?? Date.now());
    const from = Number(query.get('from') ?? to - 24 * HOUR_MS);
    const most = Number(query.get('most') ?? 1000);
    return all.filter(({ timeMs }) => timeMs >= from && timeMs < to).slice(0, most);
  }

  /** @param {URLSearchParams} query */
  statistics(query) {
    const of =
      /** @type {{ state: string, timeMs: number, priority: string, node: string, machine: string, alarm: string }[]} */ (
        Alarms.within(
          new URLSearchParams({ ...Object.fromEntries(query), most: '1000000' }),
          /** @type {never} */ (this.journal),
        )
      ).filter(({ state }) => state === 'unacknowledged');
    const count = (/** @type {string[]} */ names) =>
      Object.entries(
        names.reduce(
          (sum, name) => ({ ...sum, [name]: (sum[name] ?? 0) + 1 }),
          /** @type {Record<string, number>} */ ({}),
        ),
      );
    const spans = count(of.map(({ timeMs }) => String(Math.floor(timeMs / 600_000)))).map(
      ([, times]) => times,
    );
    const frequent = count(of.map(({ node, machine, alarm }) => `${node}\n${machine}\n${alarm}`))
      .sort(([, a], [, b]) => b - a)
      .map(([id, times]) => {
        const [node, machine, alarm] = id.split('\n');
        return { node, machine, alarm, count: times };
      });
    const length = Math.max(1, (Number(query.get('to')) - Number(query.get('from'))) / 600_000);
    return {
      raised: of.length,
      byPriority: Object.fromEntries(count(of.map(({ priority }) => priority))),
      perTenMinutes: of.length / length,
      peakPerTenMinutes: Math.max(0, ...spans),
      inFlood: spans.filter((times) => times > 10).length / length,
      mostFrequent: frequent.slice(0, 10),
      chattering: frequent.slice(0, 1).filter((alarm) => alarm.count > 5),
    };
  }
}
