import { describe, expect, it, vi } from 'vitest';
import type { Checked, Diagnostic, Saved } from '../../protocol/edit';
import { Draft, Drafts } from './drafts.svelte';
import { Saving } from './saving.svelte';

const ERROR = { severity: 'error', message: 'no' } as Diagnostic;
const FINE: Checked = { ok: true, diagnostics: [] };
const draft = (): Draft => new Draft('flow.yaml', { text: 'a', revision: '1' });

function saving(checked: Checked | Error, saved: Saved = { kind: 'saved', revision: '2', diagnostics: [] }) {
  const answer = <T>(value: T | Error): Promise<T> =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  const service = { check: vi.fn(() => answer(checked)), save: vi.fn(() => answer(saved)) };
  const found = vi.fn();
  const told = vi.fn();
  return { service, found, told, saving: new Saving(service, found, told) };
}

describe('saving', () => {
  it('is checked, looked over, and sent with the revision that was changed', async () => {
    const { saving: way, service, told } = saving(FINE);
    const file = draft();
    file.text = 'b';
    await way.begin(file);
    expect(way.phase).toBe('review');
    expect(service.save).not.toHaveBeenCalled();
    await way.confirm(file);
    expect(service.save).toHaveBeenCalledWith('flow.yaml', 'b', '1');
    expect(file.changed).toBe(false);
    expect(file.saved).toEqual({ text: 'b', revision: '2' });
    expect([way.phase, way.told?.level, told.mock.calls.length]).toEqual(['editing', 'normal', 1]);
  });

  it('has nothing to do for a text that is as it was', async () => {
    const { saving: way, service } = saving(FINE);
    await way.begin(draft());
    expect([way.phase, service.check.mock.calls.length]).toEqual(['editing', 0]);
  });

  it('is refused with errors, before and by the server', async () => {
    const before = saving({ ok: false, diagnostics: [ERROR] });
    const file = draft();
    file.text = 'b';
    await before.saving.begin(file);
    expect([before.saving.phase, before.saving.told?.text]).toEqual([
      'editing',
      'Not saved: the flow has an error.',
    ]);
    expect(before.found).toHaveBeenCalledWith([ERROR]);

    const after = saving(FINE, { kind: 'wrong', diagnostics: [ERROR, ERROR] });
    await after.saving.begin(file);
    await after.saving.confirm(file);
    expect(after.saving.told?.text).toBe('Not saved: the flow has 2 errors.');
    expect(file.changed).toBe(true);
  });

  it('tells of a server that does not answer', async () => {
    const { saving: way } = saving(new Error('The server cannot be reached.'));
    const file = draft();
    file.text = 'b';
    await way.begin(file);
    expect([way.phase, way.told]).toEqual([
      'editing',
      { level: 'warning', text: 'Not saved: The server cannot be reached.' },
    ]);
  });

  it('stops at a file that has changed meanwhile, and goes on from there', async () => {
    const { saving: way, service } = saving(FINE, { kind: 'conflict', text: 'theirs', revision: '5' });
    const file = draft();
    file.text = 'mine';
    await way.begin(file);
    await way.confirm(file);
    expect(file.theirs).toEqual({ text: 'theirs', revision: '5' });
    await way.begin(file);
    expect(way.phase).toBe('editing');
    file.rebase();
    expect([file.saved.text, file.text, file.theirs]).toEqual(['theirs', 'mine', null]);
    await way.begin(file);
    await way.confirm(file);
    expect(service.save).toHaveBeenLastCalledWith('flow.yaml', 'mine', '5');
  });
});

describe('a draft', () => {
  it('follows its file as long as nobody has touched it', () => {
    const file = draft();
    file.follow({ text: 'b', revision: '2' });
    expect([file.text, file.replaced, file.changed]).toEqual(['b', 1, false]);
    file.text = 'mine';
    file.follow({ text: 'c', revision: '3' });
    expect([file.text, file.theirs?.text]).toEqual(['mine', 'c']);
    file.take({ text: 'c', revision: '3' });
    expect([file.text, file.theirs, file.replaced]).toEqual(['c', null, 2]);
  });

  it('is not taken in by an answer from before it was saved', () => {
    const file = draft();
    file.text = 'mine';
    file.wasSaved('mine', '2');
    file.follow({ text: 'a', revision: '1' });
    expect([file.text, file.theirs, file.saved.revision]).toEqual(['mine', null, '2']);
  });

  it('stays when its file is gone from the flow, if it has changes', () => {
    const drafts = new Drafts('http://twin/');
    const file = (path: string) => ({ path, text: 'a', revision: '1' });
    drafts.follow([file('a.yaml'), file('b.yaml'), file('c.yaml')]);
    const [, second] = drafts.list;
    if (second !== undefined) second.text = 'mine';
    drafts.follow([file('a.yaml')]);
    expect(drafts.list.map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml']);
    expect(drafts.changed).toBe(true);
  });
});
