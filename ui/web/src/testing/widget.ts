/** Widgets and fields for unit tests: what a test does not care for has a value that does nothing. */
import type { Field, Widget } from '../protocol';

export function fieldOf(change: Partial<Field> = {}): Field {
  return {
    name: 'f',
    title: 'F',
    unit: null,
    type: 'number',
    range: null,
    labels: null,
    slot: 0,
    ...change,
  };
}

export function widgetOf(change: Partial<Widget> = {}): Widget {
  return {
    id: 'w',
    node: 'n',
    stream: 's',
    kind: 'value',
    kindName: change.kind ?? 'value',
    title: 'W',
    width: null,
    fields: [fieldOf()],
    alert: null,
    popup: false,
    span: null,
    bands: [],
    text: null,
    control: null,
    loop: null,
    experiment: null,
    totals: null,
    ...change,
  };
}
