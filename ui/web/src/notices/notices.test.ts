import { beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../protocol';
import { fieldOf, widgetOf } from '../testing/widget';
import { Notices } from './notices';

const widget = widgetOf({
  id: 'alerts.anomaly',
  node: 'alerts',
  stream: 'alerts',
  kind: 'status',
  title: 'Anomaly',
  fields: [fieldOf({ type: 'text', slot: 1 })],
  alert: 0,
  popup: true,
});

const NOW = 1_000_000;
const live = { nowMs: NOW, history: false };
const atLoad = { nowMs: NOW, history: true };

function row(time: number, raised: boolean | null, text: string = 'Overcurrent', key: string = 'fan'): Row {
  return { time, key, values: [raised, text] };
}

describe('notices', () => {
  let notices: Notices;
  const texts = (): string[] => notices.list.map((notice) => notice.text);

  beforeEach(() => {
    notices = new Notices([widget], (_, { values }) => String(values[1]));
  });

  it('are raised once when the alert turns true, with its words and its time', () => {
    notices.observe('alerts', [row(NOW - 20, false), row(NOW - 10, true), row(NOW, true)], live);
    expect(notices.list).toHaveLength(1);
    expect(notices.list[0]).toMatchObject({
      text: 'Overcurrent',
      raisedMs: NOW - 10,
      key: 'fan',
      active: true,
    });
  });

  it('are not raised by a widget that asks for none, nor by another stream', () => {
    const quiet = new Notices([{ ...widget, popup: false }], () => '');
    quiet.observe('alerts', [row(NOW, true)], live);
    notices.observe('overview', [row(NOW, true)], live);
    expect([...quiet.list, ...notices.list]).toEqual([]);
  });

  it('follow the words while the alert lasts and keep the last ones after', () => {
    notices.observe('alerts', [row(NOW, true, 'Anomaly'), row(NOW, true, 'Overcurrent')], live);
    expect(texts()).toEqual(['Overcurrent']);
    notices.observe('alerts', [row(NOW, false, 'Normal')], live);
    expect(texts()).toEqual(['Overcurrent']);
    expect(notices.list[0]?.active).toBe(false);
  });

  it('go by themselves when the alert is over, but not before 8 s', () => {
    notices.observe('alerts', [row(NOW, true), row(NOW + 1, false)], live);
    notices.sweep(NOW + 7_999);
    expect(notices.list).toHaveLength(1);
    notices.sweep(NOW + 8_000);
    expect(notices.list).toHaveLength(0);
  });

  it('stay while the alert lasts', () => {
    notices.observe('alerts', [row(NOW, true)], live);
    notices.sweep(NOW + 3_600_000);
    expect(notices.list).toHaveLength(1);
  });

  it('do not come back once dismissed, until the alert turns true again', () => {
    notices.observe('alerts', [row(NOW, true)], live);
    notices.dismiss(notices.list[0]?.id ?? '');
    notices.observe('alerts', [row(NOW + 1, true)], live);
    expect(notices.list).toHaveLength(0);
    notices.observe('alerts', [row(NOW + 2, false), row(NOW + 3, true)], live);
    expect(notices.list).toHaveLength(1);
  });

  it('leave out what began more than 10 s before the page was opened', () => {
    notices.observe('alerts', [row(NOW - 10_001, true), row(NOW, true)], atLoad);
    expect(notices.list).toHaveLength(0);
    notices.observe('alerts', [row(NOW, false), row(NOW - 9_000, true)], atLoad);
    expect(notices.list).toHaveLength(1);
  });

  it('take a row without an alert value for no news', () => {
    notices.observe('alerts', [row(NOW, true), row(NOW + 1, null), row(NOW + 2, true)], live);
    expect(notices.list).toHaveLength(1);
    expect(notices.list[0]?.active).toBe(true);
  });

  it('are one a machine, newest first', () => {
    notices.observe('alerts', [row(NOW, true, 'a', 'fan 1'), row(NOW, true, 'b', 'fan 2')], live);
    expect(texts()).toEqual(['b', 'a']);
  });
});
