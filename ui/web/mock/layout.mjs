/** The dashboard of the fan, as the server would derive it from a flow. */
import { LABELS } from './plant.mjs';
import { field, widget } from './widget.mjs';
import { workPage } from './work-page.mjs';

const temp = field(0, 'temp', 'Temperature', '°C', [0, 60]);
const rpm = field(1, 'rpm', 'Fan speed', 'rpm', [0, 3200]);
const current = field(2, 'current', 'Motor current', 'A', [0, 2]);
const vibration = field(3, 'vibration', 'Vibration', 'g', [0, 0.15]);
const power = field(4, 'power', 'Power', 'W', [0, 400]);
const energy = field(5, 'energy', 'Energy', 'Wh', null);
const co2 = field(6, 'co2', 'CO₂', 'g', null);
const cooling = field(7, 'cooling_rate', 'Cooling rate', '°C/s', [-0.5, 0.5]);
const efficiency = field(8, 'thermal_efficiency', 'Thermal efficiency', null, [0, 120]);

const code = field(0, 'fault_code', 'Fault', null, null, 'integer', LABELS);
const confidence = field(1, 'confidence', 'Confidence', '%', [0, 100]);
const label = field(2, 'fault_label', 'Fault class', null, null, 'text');
const severity = field(3, 'severity', 'Severity', null, null, 'text');
const advice = field(4, 'advice', 'Advice', null, null, 'text');
const anomaly = field(1, 'anomaly', 'Anomaly', null, null, 'text');

const charts = [temp, current, vibration, rpm, power, energy];

export const fan = {
  name: 'Fan cooling',
  staleAfterMs: 2500,
  history: true,
  pages: [
    {
      title: 'Fan',
      groups: [
        {
          title: 'Process overview',
          widgets: [temp, rpm, current, vibration, power].map((f) =>
            widget('overview', 'kpis', 'gauge', [f]),
          ),
        },
        { title: 'Performance trends', widgets: charts.map((f) => widget('trends', 'kpis', 'chart', [f])) },
        {
          title: 'Sustainability index',
          widgets: [
            ...[energy, co2, efficiency].map((f) => widget('sustainability', 'kpis', 'chart', [f])),
            ...[cooling, efficiency].map((f) => widget('indices', 'kpis', 'gauge', [f])),
          ],
        },
        {
          title: 'Alerts',
          widgets: [widget('alerts', 'alerts', 'status', [anomaly], { alert: 0, popup: true })],
        },
        {
          title: 'Fault intelligence',
          widgets: [
            widget('class', 'faults', 'status', [label], { alert: 5 }),
            widget('confidence', 'faults', 'gauge', [confidence]),
            widget('history', 'faults', 'timeline', [code], { title: 'Fault timeline' }),
            widget('advice', 'faults', 'advice', [label, severity, confidence, advice], {
              title: 'Maintenance advice',
              alert: 5,
            }),
          ],
        },
      ],
    },
  ],
};

/** One of each kind that the fan has no use for, and a curve of two fields. */
export const kinds = {
  name: 'All kinds',
  staleAfterMs: 2500,
  pages: [
    {
      title: 'Kinds',
      groups: [
        {
          title: 'Values',
          widgets: [temp, current, energy].map((f) => widget('values', 'kpis', 'value', [f])),
        },
        {
          title: 'Texts',
          widgets: [
            widget('text', 'faults', 'text', [advice]),
            widget('flag', 'faults', 'status', [field(5, 'faulty', 'Faulty', null, null, 'boolean')], {
              alert: 5,
            }),
          ],
        },
        {
          title: 'Curves',
          widgets: [
            widget('both', 'kpis', 'chart', [energy, co2], { title: 'Energy and CO₂', width: 6 }),
            widget('long', 'kpis', 'chart', [current], { span: 1800, width: 6 }),
            widget('states', 'alerts', 'timeline', [anomaly]),
          ],
        },
        {
          title: 'Never a reading',
          widgets: [widget('none', 'silent', 'gauge', [power]), widget('mute', 'silent', 'chart', [temp])],
        },
      ],
    },
  ],
};

const speed = field(0, 'speed', 'Speed set point', '%', [0, 100]);
const mode = field(1, 'mode', 'Control mode', null, null, 'text');
const running = field(2, 'running', 'Fan', null, null, 'boolean', { true: 'Running', false: 'Stopped' });
const load = field(3, 'load', 'Heat load', 'W', [0, 500]);
const plain = { step: null, confirm: null, options: null };
const control = (
  /** @type {string} */ kind,
  /** @type {import('./widget.mjs').Field} */ f,
  /** @type {object} */ more,
  title = f.title,
) =>
  widget('control', 'settings', kind, [f], {
    id: `control.${kind}.${f.name}`,
    title,
    control: { ...plain, ...more },
  });
const words = `## On this page

What the **operator** may set, and what the line answers:

- *Speed* above 90 % is refused by the drive
- The [manual](https://example.org/manual) has the limits
- Code: \`fan/command\`

> A wished value stands as pending until the machine agrees.`;

/** A plant of several machines on several pages, with controls and all that a page can hold. */
export const factory = {
  name: 'Cooling of hall 3',
  staleAfterMs: 2500,
  history: true,
  pages: [
    {
      title: 'Overview',
      groups: [
        {
          title: 'All machines',
          widgets: [
            widget('map', 'kpis', 'heat-map', [temp], { title: 'Temperature by machine', width: 6 }),
            widget('newest', 'kpis', 'table', [temp, rpm, current, power], {
              title: 'Newest readings',
              width: 6,
            }),
          ],
        },
        {
          title: 'Process overview',
          widgets: [
            ...[temp, vibration].map((f) => widget('overview', 'kpis', 'gauge', [f])),
            ...[rpm, current, power].map((f) => widget('level', 'kpis', 'bar', [f])),
            widget('number', 'kpis', 'value', [power]),
            widget('alerts', 'alerts', 'status', [anomaly], { alert: 0, popup: true }),
          ],
        },
        {
          title: 'Trends',
          widgets: [
            widget('two', 'kpis', 'chart', [temp, power], {
              title: 'Temperature and power of the fan in hall 3, row 2',
              width: 6,
              alert: 9,
            }),
            widget('trend', 'kpis', 'chart', [vibration], { width: 6, alert: 9 }),
          ],
        },
      ],
    },
    {
      title: 'Distribution and notes',
      groups: [
        {
          title: 'Distribution',
          widgets: [
            widget('spread', 'kpis', 'histogram', [current]),
            widget('spread', 'kpis', 'histogram', [vibration]),
            widget('notes', '', 'markdown', [], { title: 'Notes', text: words }),
            { ...widget('later', 'kpis', 'hologram', [temp]), title: 'From a later server' },
          ],
        },
        {
          title: 'Faults',
          widgets: [
            widget('class', 'faults', 'status', [label], { alert: 5 }),
            widget('history', 'faults', 'timeline', [code], { title: 'Fault timeline' }),
            widget('advice', 'faults', 'advice', [label, severity, confidence, advice], {
              title: 'Maintenance advice',
              alert: 5,
            }),
            widget('text', 'faults', 'text', [advice]),
          ],
        },
        {
          title: 'Log',
          widgets: [
            widget(
              'log',
              'plant',
              'table',
              [field(0, 'load', 'Load', 'kW', [0, 10]), field(1, 'shift', 'Shift', null, null, 'text')],
              { title: 'Log of the plant' },
            ),
          ],
        },
        {
          title: 'Never a reading',
          widgets: [widget('none', 'silent', 'gauge', [power]), widget('mute', 'silent', 'chart', [temp])],
        },
      ],
    },
    {
      title: 'Controls',
      groups: [
        {
          title: 'Supervisory control',
          widgets: [
            control('slider', speed, { step: 5 }),
            control('number', load, { step: 10 }),
            control('switch', running, {
              confirm: 'Stop or start the fan? The line behind it follows at once.',
            }),
            control('select', mode, {
              options: [
                { value: 'automatic', label: 'Automatic' },
                { value: 'manual', label: 'Manual' },
                { value: 'service', label: 'Service (not on this machine)' },
              ],
            }),
            control(
              'button',
              mode,
              {
                options: [{ value: 'automatic', label: 'Back to automatic' }],
                confirm: 'Give the control back to the drive?',
              },
              'Hand back',
            ),
            control('slider', field(4, 'ignored', 'A valve that does not answer', '%', [0, 100]), {}),
          ],
        },
        {
          title: 'What comes of it',
          widgets: [
            widget('answer', 'kpis', 'chart', [rpm], { width: 6 }),
            widget('answer', 'kpis', 'chart', [temp], { width: 6 }),
          ],
        },
      ],
    },
    workPage,
  ],
};
