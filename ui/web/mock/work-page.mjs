/** The page of loops, experiments, totals and logs, as the server would derive it from a flow. */
import { PARAMETERS, PHASES } from './experiment.mjs';
import { field, widget } from './widget.mjs';
import { COST, SHIFTS } from './totals.mjs';

/** @param {string} node @param {string} title @param {boolean} settable */
const loop = (node, title, settable) =>
  widget(
    node,
    node,
    'loop',
    [
      field(0, 'temp', 'Temperature', '°C', [0, 60]),
      field(1, 'setpoint', 'Set-point', '°C', [0, 60]),
      field(2, 'output', 'Heater', '%', [0, 100]),
      field(3, 'mode', 'Mode', null, null, 'text'),
      field(4, 'reason', 'Reason', null, null, 'text'),
    ],
    { id: node, title, loop: { settable }, bands: [] },
  );

/** @param {string} node @param {string} title @param {import('./widget.mjs').Field[]} fields @param {object} [more] */
const log = (node, title, fields, more = {}) =>
  widget(node, '', 'log', fields, { id: node, title, bands: [], ...more });

const trial = widget(
  'trial',
  'trial',
  'experiment',
  [
    field(0, 'run', 'Run', null, null, 'text'),
    field(1, 'phase', 'Phase', null, null, 'text'),
    field(2, 'elapsed', 'Elapsed', 's', null),
    field(3, 'phase_elapsed', 'In the phase', 's', null),
  ],
  { id: 'trial', title: 'Fault trial', experiment: { phases: PHASES, parameters: PARAMETERS } },
);

const energy = field(5, 'energy', 'Energy', 'Wh', null);
const co2 = field(6, 'co2', 'CO₂', 'g', null);

export const workPage = {
  title: 'Work',
  groups: [
    {
      title: 'Control loops',
      widgets: [loop('heating', 'Heating', true), loop('water', 'Cooling water', false)],
    },
    {
      title: 'Consumption',
      widgets: [
        widget('consumption', 'kpis', 'totals', [energy, co2], {
          title: 'Energy and CO₂',
          bands: [],
          totals: { shifts: SHIFTS, cost: COST },
        }),
      ],
    },
    { title: 'Experiment', widgets: [trial] },
    {
      title: 'Logs',
      widgets: [
        log('logger', 'Log of the fan', [
          field(0, 'temp', 'Temperature', '°C', [0, 60]),
          field(1, 'power', 'Power', 'W', [0, 400]),
          field(2, 'fault_label', 'Fault class', null, null, 'text'),
        ]),
        log('empty', 'A log without a file', [], { width: 3 }),
        log('elsewhere', 'A log on a lost disk', [], { width: 3 }),
      ],
    },
  ],
};
