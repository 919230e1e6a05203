import { describe, expect, it } from 'vitest';
import { alarmOf, changeWith, HEAT } from '../testing/alarm';
import { changeOf } from './changes';
import { changed, countsOf, idOf, inOrder, listed, worstOpen, type Standing } from './standing';

const listOf = (...alarms: Standing[]): ReadonlyMap<string, Standing> =>
  new Map(alarms.map((alarm) => [idOf(alarm), alarm]));
const names = (alarms: readonly Standing[]): string[] => alarms.map(({ alarm }) => alarm);

describe('the order of alarms', () => {
  it('is unacknowledged first, then by priority, then the newest first', () => {
    const alarms = [
      alarmOf({ alarm: 'suppressed', state: 'suppressed', priority: 'critical' }),
      alarmOf({ alarm: 'shelved', state: 'shelved', priority: 'critical' }),
      alarmOf({ alarm: 'known', state: 'acknowledged', priority: 'critical' }),
      alarmOf({ alarm: 'old', priority: 'low', since: 1 }),
      alarmOf({ alarm: 'new', priority: 'low', since: 2 }),
      alarmOf({ alarm: 'over', state: 'returned', priority: 'high', since: 9 }),
      alarmOf({ alarm: 'lasting', priority: 'high', since: 3 }),
    ];
    const order = ['lasting', 'over', 'new', 'old', 'known', 'shelved', 'suppressed'];
    expect(names(inOrder(alarms))).toEqual(order);
    expect(worstOpen(alarms)?.alarm).toBe('lasting');
  });

  it('has no worst where all are acknowledged', () => {
    expect(worstOpen([alarmOf({ state: 'acknowledged' }), alarmOf({ state: 'shelved' })])).toBeNull();
  });
});

describe('the counts', () => {
  it('are by priority, the most urgent first, without what is put aside', () => {
    const alarms = [
      alarmOf({ priority: 'low' }),
      alarmOf({ priority: 'critical', state: 'acknowledged' }),
      alarmOf({ priority: 'critical', state: 'returned' }),
      alarmOf({ priority: 'high', state: 'shelved' }),
    ];
    expect(countsOf(alarms)).toEqual([
      { priority: 'critical', present: 2, open: 1 },
      { priority: 'low', present: 1, open: 1 },
    ]);
  });
});

describe('a change', () => {
  it('puts an alarm on the list, moves it, and takes it off', () => {
    const raised = changed(listOf(), changeWith({ time: 5, value: 47 }));
    expect([...raised.values()]).toEqual([alarmOf({ since: 5, value: 47 })]);
    const known = changed(raised, changeWith({ time: 6, state: 'acknowledged', by: 'local' }));
    expect([...known.values()]).toEqual([alarmOf({ since: 6, state: 'acknowledged', by: 'local' })]);
    expect(changed(known, changeWith({ time: 7, state: 'normal' })).size).toBe(0);
  });

  it('of an alarm that is not on the list to normal changes nothing', () => {
    const before = listOf();
    expect(changed(before, changeWith({ state: 'normal' }))).toBe(before);
  });

  it('is of one machine', () => {
    const both = listOf(alarmOf({ key: 'fan 1' }), alarmOf({ key: 'fan 2' }));
    const left = changed(both, changeWith({ key: 'fan 1', state: 'normal' }));
    expect([...left.values()].map(({ key }) => key)).toEqual(['fan 2']);
  });
});

describe('the list of the server', () => {
  const bare = ({ by: _, ...alarm }: Standing): Omit<Standing, 'by'> => alarm;

  it('replaces what was known', () => {
    const list = [bare(alarmOf({ alarm: 'low' }))];
    expect(names([...listed(list, [], listOf(alarmOf())).values()])).toEqual(['low']);
  });

  it('is older than what came while it was on its way', () => {
    const meanwhile = [
      changeWith({ alarm: 'new', time: 9 }),
      changeWith({ time: 8, state: 'acknowledged' }),
      changeWith({ time: 9, state: 'normal' }),
    ];
    expect(names([...listed([bare(alarmOf())], meanwhile, listOf()).values()])).toEqual(['new']);
  });

  it('knows until when an alarm is shelved, also where the rows before say so again', () => {
    const shelved = alarmOf({ state: 'shelved', since: 4, shelvedUntil: 99 });
    const meanwhile = [changeWith({ time: 1 }), changeWith({ time: 4, state: 'shelved', by: 'local' })];
    const after = listed([bare(shelved)], meanwhile, listOf());
    expect([...after.values()]).toEqual([{ ...shelved, by: 'local' }]);
  });

  it('leaves who did it as it was, while the state is the same', () => {
    const known = alarmOf({ state: 'acknowledged', by: 'local' });
    expect([...listed([bare(known)], [], listOf(known)).values()]).toEqual([known]);
    const later = bare({ ...known, since: known.since + 1 });
    expect([...listed([later], [], listOf(known)).values()][0]?.by).toBeNull();
  });
});

describe('a row of an alarm node', () => {
  it('is a change by the names of its columns', () => {
    const values = ['high', 'unacknowledged', 'high', 'Too hot', true, true, null, 46.5];
    expect(changeOf(HEAT, { time: 5, key: 'fan 1', values })).toEqual(
      changeWith({ time: 5, key: 'fan 1', priority: 'high', message: 'Too hot', first: true, value: 46.5 }),
    );
  });

  it('takes from the layout what it leaves out, and is nothing without a state that is known', () => {
    const values = ['high_high', 'acknowledged', null, null, 1, 0, 'local', null];
    const change = changeOf(HEAT, { time: 5, key: '', values });
    expect(change).toMatchObject({ priority: 'high', message: 'Temperature is above 55 °C', active: true });
    expect(changeOf(HEAT, { time: 5, key: '', values: ['high', 'pondering'] })).toBeNull();
  });
});
