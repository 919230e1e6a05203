import { describe, expect, it } from 'vitest';
import { parseAlarms, parseDeeds, parseJournal, parseStatistics, type Deed } from '../protocol';
import { alarmOf, changeWith } from '../testing/alarm';
import { argumentWords, auditCsv, journalCsv, searched } from './journal';
import { judgeRate, placeOf } from './rate';
import { isSettled, shown, type AlarmWish } from './wishes';

const deed: Deed = {
  time: 0,
  by: 'local',
  node: 'heat',
  operation: 'shelve',
  arguments: '{"alarm":"high","key":"","minutes":30}',
  refused: null,
};

describe('the journal', () => {
  const { time: timeMs, key: machine, ...rest } = changeWith({ key: 'fan 1', value: 46 });

  it('is read as the server sends it, and so are the others', () => {
    expect(parseJournal([{ timeMs, machine, ...rest }])).toEqual([changeWith({ key: 'fan 1', value: 46 })]);
    const { by: _, ...alarm } = alarmOf();
    expect(parseAlarms([alarm])).toEqual([alarm]);
    const { time, ...told } = deed;
    expect(parseDeeds([{ timeMs: time, ...told }])).toEqual([deed]);
    const statistics = {
      raised: 1,
      byPriority: { high: 1 },
      perTenMinutes: 0.5,
      peakPerTenMinutes: 1,
      inFlood: 0,
      mostFrequent: [{ node: 'heat', machine: '', alarm: 'high', count: 1 }],
      chattering: [],
    };
    expect(parseStatistics(statistics)).toEqual(statistics);
    expect(() => parseAlarms([{ ...alarm, state: 'pondering' }])).toThrow('alarms[0].state: expected one of');
  });

  it('is searched by all words, in whatever is told', () => {
    const changes = [
      changeWith({ key: 'fan 1', state: 'acknowledged', by: 'local' }),
      changeWith({ key: 'fan 2', message: 'The fan stands still', priority: 'critical' }),
    ];
    expect(searched(changes, ' ')).toBe(changes);
    expect(searched(changes, 'FAN still').map(({ key }) => key)).toEqual(['fan 2']);
    expect(searched(changes, 'critical')).toHaveLength(1);
    expect(searched(changes, 'local acknowledged').map(({ key }) => key)).toEqual(['fan 1']);
    expect(searched(changes, 'fan pump')).toEqual([]);
  });

  it('is a file of all that is told', () => {
    const [head, row] = journalCsv([changeWith({ time: 0, message: 'Too hot, "very"', value: -1.5 })]).split(
      '\r\n',
    );
    expect(head).toBe('time,node,alarm,machine,state,priority,message,active,first,by,value');
    expect(row).toBe(
      '1970-01-01T00:00:00.000Z,heat,high,,unacknowledged,medium,"Too hot, ""very""",true,false,,-1.5',
    );
  });
});

describe('the audit', () => {
  it('tells the arguments in words, and leaves what is no object as it is', () => {
    expect(argumentWords(deed.arguments)).toBe('alarm high, minutes 30');
    expect(['null', '[1]', 'broken{'].map(argumentWords)).toEqual(['', '[1]', 'broken{']);
  });

  it('is a file that no spreadsheet takes for a formula', () => {
    expect(auditCsv([{ ...deed, refused: '=1+1' }])).toContain(
      `,"{""alarm"":""high"",""key"":"""",""minutes"":30}",'=1+1\r\n`,
    );
  });
});

describe('a rate of alarms', () => {
  it.each([
    [0, 'normal'],
    [1.5, 'normal'],
    [2.1, 'warning'],
    [10.5, 'alarm'],
  ])('of %d in ten minutes is %s', (rate, level) => {
    expect(judgeRate(rate).level).toBe(level);
  });

  it('has its place between nothing and twice a flood', () => {
    expect([0, 20, 500].map(placeOf)).toEqual([0, 1, 1]);
    expect(placeOf(1)).toBeLessThan(placeOf(2));
  });
});

describe('a wish', () => {
  const alarm = alarmOf({ state: 'shelved', active: false, shelvedUntil: 99 });
  const wish: AlarmWish = {
    operation: 'unshelve',
    minutes: null,
    askedMs: 0,
    from: 'shelved',
    fromSince: 1000,
    taken: false,
    refused: null,
  };

  it('to unshelve what is over takes it off the list, and what lasts comes back', () => {
    expect(shown(alarm, wish)).toBeNull();
    expect(shown({ ...alarm, active: true }, wish)).toMatchObject({ state: 'unacknowledged', pending: true });
  });

  it('is settled when the alarm has changed or gone, and never by time while the server has not answered', () => {
    expect(isSettled(wish, undefined, 0)).toBe(true);
    expect(isSettled(wish, { ...alarm, since: 2 }, 0)).toBe(true);
    expect(isSettled(wish, alarm, 60_000)).toBe(false);
    expect(isSettled({ ...wish, taken: true }, alarm, 60_000)).toBe(true);
    expect(isSettled({ ...wish, taken: true, refused: 'no' }, alarm, 60_000)).toBe(false);
  });
});
