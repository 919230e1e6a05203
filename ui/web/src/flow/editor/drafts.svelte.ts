/** The files of the flow as they are being changed. They outlive the editor, which can be closed and opened again. */
import type { FlowFile } from '../../protocol/flow';

interface Version {
  readonly text: string;
  readonly revision: string;
}

export class Draft {
  /** What the file says, as far as the draft knows. */
  saved: Version;
  text: string;
  /** What somebody else has made of the file meanwhile. */
  theirs = $state.raw<Version | null>(null);
  /** What the editor wants to find again: its history and its place. */
  kept: unknown = null;
  /** Grows when the text has become another otherwise than by the editor. */
  replaced = $state(0);
  /** Versions that are over: an answer that was under way can still tell of them. */
  private readonly past = new Set<string>();

  constructor(
    readonly path: string,
    file: Version,
  ) {
    this.saved = $state.raw(file);
    this.text = $state.raw(file.text);
  }

  get changed(): boolean {
    return this.text !== this.saved.text;
  }

  /** Takes up what the server says of the file. */
  follow(file: Version): void {
    if (file.revision === this.saved.revision || this.past.has(file.revision)) return;
    const next = { text: file.text, revision: file.revision };
    if (file.text === this.text || !this.changed) this.take(next);
    else this.theirs = next;
  }

  /** The file now says what the draft said when it was sent. */
  wasSaved(text: string, revision: string): void {
    this.settle({ text, revision });
  }

  /** Gives the changes up for what the file says. */
  take(version: Version): void {
    const other = version.text !== this.text;
    this.text = version.text;
    this.settle(version);
    if (other) this.replaced += 1;
  }

  /** Keeps the changes, now as changes of what somebody else has written. */
  rebase(): void {
    if (this.theirs !== null) this.settle(this.theirs);
  }

  private settle(version: Version): void {
    this.past.add(this.saved.revision);
    this.past.delete(version.revision);
    this.saved = version;
    this.theirs = null;
  }
}

export class Drafts {
  list = $state.raw<readonly Draft[]>([]);

  constructor(readonly base: string) {}

  get changed(): boolean {
    return this.list.some((draft) => draft.changed);
  }

  follow(files: readonly FlowFile[]): void {
    const list = files.map((file) => {
      const known = this.list.find(({ path }) => path === file.path);
      known?.follow(file);
      return known ?? new Draft(file.path, { text: file.text, revision: file.revision });
    });
    // What is unsaved stays, even when the flow no longer has its file.
    const orphans = this.list.filter((draft) => draft.changed && !list.includes(draft));
    this.list = [...list, ...orphans];
  }
}
