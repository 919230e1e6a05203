/** The way of a change into its file: checked, looked over, sent; and what is done when somebody else was faster. */
import type { Diagnostic } from '../../protocol/edit';
import type { Draft } from './drafts.svelte';
import type { EditService } from './service';

export type Phase = 'editing' | 'checking' | 'review' | 'saving';

export interface Told {
  readonly level: 'normal' | 'warning';
  readonly text: string;
}

const errorsOf = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.filter(({ severity }) => severity === 'error').length;

export function refusal(diagnostics: readonly Diagnostic[]): string {
  const count = errorsOf(diagnostics);
  return `Not saved: the flow has ${count === 1 ? 'an error' : `${count} errors`}.`;
}

export class Saving {
  phase = $state<Phase>('editing');
  told = $state.raw<Told | null>(null);

  constructor(
    private readonly service: Pick<EditService, 'check' | 'save'>,
    /** Takes up what was found. */
    private readonly found: (diagnostics: readonly Diagnostic[]) => void,
    /** The file is another now, or may be. */
    private readonly saved: () => void,
  ) {}

  /** Checks, and shows what would be saved. */
  async begin(draft: Draft): Promise<void> {
    if (this.phase !== 'editing' || draft.theirs !== null) return;
    if (!draft.changed) return this.tell('normal', 'Nothing to save: the file says just this.');
    this.phase = 'checking';
    this.told = null;
    try {
      const { ok, diagnostics } = await this.service.check(draft.path, draft.text);
      this.found(diagnostics);
      if (ok) this.phase = 'review';
      else this.back(refusal(diagnostics));
    } catch (reason) {
      this.back(`Not saved: ${wordsFor(reason)}`);
    }
  }

  cancel(): void {
    this.phase = 'editing';
  }

  async confirm(draft: Draft): Promise<void> {
    if (this.phase !== 'review') return;
    this.phase = 'saving';
    const { text } = draft;
    try {
      const saved = await this.service.save(draft.path, text, draft.saved.revision);
      switch (saved.kind) {
        case 'saved':
          draft.wasSaved(text, saved.revision);
          this.found(saved.diagnostics);
          this.phase = 'editing';
          this.tell('normal', 'Saved. The flow takes it up by itself.');
          return this.saved();
        case 'wrong':
          this.found(saved.diagnostics);
          return this.back(refusal(saved.diagnostics));
        case 'conflict':
          // Without its revision it cannot be written over: the flow is asked for, and tells it.
          draft.theirs = { text: saved.text, revision: saved.revision ?? '' };
          // The conflict stands where the text stood: it needs no further words.
          this.phase = 'editing';
          return this.saved();
        case 'refused':
          return this.back(`Not saved: ${saved.why}`);
      }
    } catch (reason) {
      this.back(`Not saved: ${wordsFor(reason)}`);
    }
  }

  private back(why: string): void {
    this.phase = 'editing';
    this.tell('warning', why);
  }

  private tell(level: Told['level'], text: string): void {
    this.told = { level, text };
  }
}

function wordsFor(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
