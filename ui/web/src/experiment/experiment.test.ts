import { describe, expect, it } from 'vitest';
import type { Parameter, Run } from '../protocol';
import { Structured } from '../protocol/structured';
import { draftWords, presetOf, readDraft } from './draft';
import { progressOf } from './progress';
import { found, metadataFile, parametersWords, runsCsv } from './runs';

const phases = [
  { name: 'rest', seconds: 10 },
  { name: 'fault', seconds: 30 },
  { name: 'rest', seconds: 20 },
];
const fault: Parameter = {
  kind: 'choice',
  name: 'fault',
  title: 'Fault',
  options: [
    { value: new Structured({ class: 1 }), label: 'Overcurrent' },
    { value: new Structured({ class: 3 }), label: 'Imbalance' },
  ],
  preset: new Structured({ class: 3 }),
};
const load: Parameter = {
  kind: 'number',
  name: 'load',
  title: 'Load',
  unit: 'W',
  range: [0, 500],
  step: 10,
  preset: null,
};

describe('the progress of a run', () => {
  it('is that of its phase, and what is left of it and of those after', () => {
    expect(progressOf(phases, 'fault', 25, 15)).toEqual({ index: 1, share: 0.5, phaseLeftS: 15, leftS: 35 });
  });

  it('tells phases of one name apart by when they began, also when the one before took longer', () => {
    expect(progressOf(phases, 'rest', 4, 4).index).toBe(0);
    expect(progressOf(phases, 'rest', 47, 5)).toMatchObject({ index: 2, leftS: 15 });
  });

  it('knows no phase that the layout does not have, and never less than nothing left', () => {
    expect(progressOf(phases, 'later', 70, 3)).toEqual({ index: null, share: 0, phaseLeftS: 0, leftS: 0 });
    expect(progressOf(phases, 'rest', 70, 30)).toMatchObject({ index: 2, share: 1, leftS: 0 });
  });
});

describe('a run that is filled in', () => {
  it('begins with the presets', () => {
    expect(presetOf([fault, load])).toEqual({ fault: '1', load: '' });
    expect(presetOf([{ ...fault, preset: null }])).toEqual({ fault: '0' });
  });

  it('is sent by values, and said in words', () => {
    const draft = { fault: '0', load: ' 120 ' };
    expect(JSON.stringify(readDraft([fault, load], draft).values)).toBe('{"fault":{"class":1},"load":120}');
    expect([draftWords(fault, draft), draftWords(load, draft)]).toEqual(['Overcurrent', '120 W']);
  });

  it('is wrong in all its places at once', () => {
    expect(readDraft([fault, load], { fault: '7', load: '501' }).wrong).toEqual({
      fault: 'Choose one.',
      load: 'Enter a number from 0 to 500.',
    });
    expect(readDraft([load], {}).wrong).toEqual({ load: 'Enter a number.' });
  });
});

describe('the runs that were made', () => {
  const run: Run = {
    run: '2026-11-27T15-04-05',
    startedMs: Date.UTC(2026, 10, 27, 15, 4, 5),
    endedMs: null,
    outcome: 'interrupted',
    reason: 'the disk is full',
    by: 'anna',
    note: 'New bearing, "B"',
    parameters: { fault: 'Imbalance', load: '120' },
    rows: 7,
    file: 'a.csv',
    bytes: 420,
  };

  it('are said with the titles and units of the layout', () => {
    expect(parametersWords(run, [load])).toBe('fault Imbalance, Load 120 W');
    expect(metadataFile(run.file)).toBe('a.json');
  });

  it('are found by words of any of their texts', () => {
    expect(found([run], 'BEARING anna interrupted 120', [])).toEqual([run]);
    expect(found([run], 'bearing local', [])).toEqual([]);
  });

  it('are a file with a column for each parameter', () => {
    const other = { ...run, run: 'b', parameters: { speed: '60' }, endedMs: run.startedMs };
    const [head, first, second] = runsCsv([run, other]).split('\r\n');
    expect(head).toBe('run,started,ended,outcome,reason,by,note,fault,load,speed,rows,file,bytes');
    expect(first).toBe(
      '2026-11-27T15-04-05,2026-11-27T15:04:05.000Z,,interrupted,the disk is full,anna,"New bearing, ""B""",Imbalance,120,,7,a.csv,420',
    );
    expect(second).toContain(',,,60,7,');
  });
});
