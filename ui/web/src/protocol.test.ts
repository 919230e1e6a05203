import { describe, expect, it } from 'vitest';
import { parseDashboard, parseMessage, parsePast, refusalIn, widgetsOf } from './protocol';

const temperature = {
  name: 'temp',
  title: 'Temperature',
  unit: '°C',
  type: 'number',
  range: [0, 60],
  labels: null,
  slot: 0,
};

function dashboard(widget: object): unknown {
  const base = {
    id: 'overview.temp',
    node: 'overview',
    stream: 'overview',
    kind: 'gauge',
    title: 'Temperature',
    width: null,
    fields: [temperature],
    alert: null,
    popup: false,
    span: null,
    bands: [{ from: 0, to: 40, level: 'normal' }],
  };
  return {
    name: 'Fan cooling',
    revision: '9f2c',
    staleAfterMs: 2500,
    pages: [{ title: 'Fan', groups: [{ title: 'Process overview', widgets: [{ ...base, ...widget }] }] }],
  };
}

describe('the layout', () => {
  it('is read as the server sends it', () => {
    const read = parseDashboard(dashboard({}));
    expect(widgetsOf(read)[0]).toMatchObject({
      kind: 'gauge',
      fields: [{ slot: 0, range: [0, 60] }],
    });
  });

  it('takes what is left out as not known', () => {
    const read = parseDashboard(dashboard({ bands: undefined, span: undefined, popup: undefined }));
    expect(widgetsOf(read)[0]).toMatchObject({ bands: [], span: null, popup: false });
  });

  it.each([
    [{ kind: 7 }, 'pages[0].groups[0].widgets[0].kind: expected text, found 7'],
    [{ fields: [] }, 'groups[0].widgets[0].fields: expected at least one field'],
    [{ fields: [{ ...temperature, slot: -1 }] }, 'fields[0].slot: expected a whole number from 0, found -1'],
    [
      { fields: [{ ...temperature, range: [60, 0] }] },
      'fields[0].range: expected two numbers, the lower first',
    ],
    [
      { bands: [{ from: 0, to: '40', level: 'normal' }] },
      'bands[0].to: expected a finite number, found "40"',
    ],
    [{ width: 0 }, 'width: expected a number above 0, found 0'],
  ])('is refused with the place and the reason: %j', (change, message) => {
    expect(() => parseDashboard(dashboard(change))).toThrow(message);
  });
});

describe('a widget of a later server', () => {
  it('is kept as unknown with its own word, whatever else it has', () => {
    const read = parseDashboard(dashboard({ kind: 'hologram', fields: 'all', stream: null }));
    expect(widgetsOf(read)[0]).toMatchObject({ kind: 'unknown', kindName: 'hologram', fields: [] });
  });
});

describe('widgets with more than fields', () => {
  const five = ['temp', 'setpoint', 'output', 'mode', 'reason'].map((name, slot) => ({
    ...temperature,
    name,
    slot,
  }));

  it('have what their kind needs, and nothing of another', () => {
    const loop = parseDashboard(dashboard({ kind: 'loop', fields: five, loop: { settable: true } }));
    expect(widgetsOf(loop)[0]).toMatchObject({
      loop: { settable: true, reason: { slot: 4 } },
      experiment: null,
      totals: null,
    });
    const gauge = parseDashboard(dashboard({ loop: { settable: true } }));
    expect(widgetsOf(gauge)[0]?.loop).toBeNull();
    const totals = parseDashboard(dashboard({ kind: 'totals', totals: { shifts: [], cost: null } }));
    expect(widgetsOf(totals)[0]?.totals).toEqual({ shifts: [], cost: null });
  });

  it('are refused with their place', () => {
    const place = 'pages[0].groups[0].widgets[0]';
    const parse = (change: object) => () => parseDashboard(dashboard(change));
    expect(parse({ kind: 'loop', fields: five })).toThrow(`${place}.loop: expected an object`);
    expect(parse({ kind: 'totals' })).toThrow(`${place}.totals: expected an object`);
    expect(parse({ kind: 'experiment', experiment: {} })).toThrow(`${place}.fields: expected run, phase`);
  });

  it('need neither a field nor a stream for what is in files', () => {
    const log = parseDashboard(dashboard({ kind: 'log', fields: [], stream: '' }));
    expect(widgetsOf(log)[0]).toMatchObject({ kind: 'log', fields: [], stream: '' });
  });
});

describe('words and controls', () => {
  it('need no field for words', () => {
    const read = parseDashboard(dashboard({ kind: 'markdown', fields: undefined, text: '# Hello' }));
    expect(widgetsOf(read)[0]).toMatchObject({ text: '# Hello', fields: [] });
  });

  it('have options of any value', () => {
    const control = { step: null, confirm: 'Really?', options: [{ value: 'auto', label: 'Automatic' }] };
    const read = parseDashboard(dashboard({ kind: 'select', control }));
    expect(widgetsOf(read)[0]?.control).toEqual(control);
    const broken = dashboard({ kind: 'select', control: { options: [{ value: null }] } });
    expect(() => parseDashboard(broken)).toThrow('options[0].value: expected a value, found null');
  });

  it('are refused with a reason, if the server gives one', () => {
    expect(refusalIn({ error: 'too fast' })).toBe('too fast');
    expect(refusalIn({})).toBeNull();
  });
});

describe('alarm nodes in the layout', () => {
  const plain = dashboard({}) as Record<string, unknown>;

  it('are read with their alarms, and are none where the server names none', () => {
    const node = {
      node: 'heat',
      stream: 'heat',
      title: 'Temperature',
      alarms: [{ name: 'high', priority: 'medium', message: 'Temperature is above 45 °C' }],
      fields: [temperature],
    };
    expect(parseDashboard({ ...plain, alarms: [node] }).alarms).toEqual([node]);
    expect(parseDashboard(plain).alarms).toEqual([]);
    const wrong = { ...node, alarms: [{ name: 'high', priority: 'dire', message: '' }] };
    expect(() => parseDashboard({ ...plain, alarms: [wrong] })).toThrow(
      'alarms[0].alarms[0].priority: expected one of low, medium, high, critical, found "dire"',
    );
  });

  it('stand beside whether the server keeps a history', () => {
    expect(parseDashboard({ ...plain, history: false }).history).toBe(false);
    expect(parseDashboard({ ...plain, history: true }).history).toBe(true);
    expect(parseDashboard(plain).history).toBeNull();
  });
});

describe('the past', () => {
  const answer = {
    fromMs: 0,
    toMs: 10,
    stepMs: 5,
    times: [0, 5],
    fields: { temp: { mean: [1, null], min: [0, null], max: [2, null] } },
  };

  it('is read as the server sends it', () => {
    // Each value is drawn in the middle of the time that it stands for.
    expect(parsePast(answer)).toEqual({ ...answer, times: [2.5, 7.5], states: {} });
  });

  it('has the changes of states beside the measured fields', () => {
    const states = { mode: { times: [-3, 4], values: ['manual', 'auto'] }, on: { times: [1], values: [1] } };
    expect(parsePast({ ...answer, states }).states).toEqual(states);
    const broken = { ...answer, states: { mode: { times: [1], values: [] } } };
    expect(() => parsePast(broken)).toThrow('states.mode.values: expected a list of 1, found a list of 0');
  });

  it('is refused when its columns differ in length', () => {
    const broken = { ...answer, fields: { temp: { mean: [1] } } };
    expect(() => parsePast(broken)).toThrow('fields.temp.mean: expected a list of 2, found a list of 1');
  });
});

describe('a frame', () => {
  it('of rows is split into time, key and values', () => {
    const frame = '{"type":"rows","stream":"s","first":7,"rows":[[1000,"fan",1.5,null,true,"text"]]}';
    expect(parseMessage(frame)).toEqual({
      type: 'rows',
      stream: 's',
      first: 7,
      reset: false,
      rows: [{ time: 1000, key: 'fan', values: [1.5, null, true, 'text'] }],
    });
  });

  it('of status carries counts and problems', () => {
    const frame = JSON.stringify({
      type: 'status',
      uptimeMs: 1,
      nodes: { fan: { in: 3, out: 2, errors: 1 } },
      problems: [{ node: 'fan', kind: 'not JSON', message: 'm', count: 3, last_ms: 5 }],
      fault: { report: 'error[E020]', since_ms: 7 },
    });
    expect(parseMessage(frame)).toMatchObject({
      nodes: { fan: { in: 3, out: 2, errors: 1 } },
      problems: [{ count: 3, lastMs: 5 }],
      fault: { report: 'error[E020]', sinceMs: 7 },
    });
  });

  it.each([
    ['{"type":"rowz"}', 'type: expected one of hello, rows, status, found "rowz"'],
    ['{"type":"hello","revision":3,"now":1}', 'revision: expected text, found 3'],
    ['{"type":"rows","stream":"s","first":1,"rows":[[null,"fan"]]}', 'rows[0][0]: expected a finite number'],
    ['{"type":"rows","stream":"s","first":1,"rows":[[1,"fan",{}]]}', 'rows[0][2]: expected a number, true'],
    ['[]', 'message: expected an object, found a list of 0'],
  ])('that does not fit is refused: %s', (frame, message) => {
    expect(() => parseMessage(frame)).toThrow(message);
  });

  it('that is no JSON is refused', () => {
    expect(() => parseMessage('{')).toThrow(SyntaxError);
  });
});
