/** The files of a node, and what is in one of them; asked for anew as it grows. */
import { read, type Outcome } from '../ask';
import type { FileRows, WrittenFile } from '../protocol';
import { parseFileRows, parseFiles } from '../protocol/files';
import type { Session } from '../session.svelte';
import type { Window } from '../time/window';
import { Asked } from '../widgets/asked.svelte';

/** About as many as a wide chart has pixels to tell apart. */
const POINTS = 1_000;
const RENEW_MS = 60_000;

/** Of which file to show what. */
export interface Excerpt {
  readonly name: string;
  /** Another one means that there is more in it. */
  readonly stamp: number;
  /** Columns; none for all. */
  readonly fields: readonly string[];
  /** The machine; null for all. */
  readonly key: string | null;
  /** Null for the whole file. */
  readonly window: Window | null;
}

export interface ExcerptRows {
  readonly name: string;
  readonly window: Window | null;
  readonly rows: FileRows;
}

/** The address of a file. */
export function filePath(node: string, name: string): string {
  return `api/files/${encodeURIComponent(node)}/${encodeURIComponent(name)}`;
}

export function filesOf(session: Session, node: string): Asked<readonly WrittenFile[]> {
  const path = `api/files/${encodeURIComponent(node)}`;
  return new Asked(session, () => read(session.base, path, parseFiles), RENEW_MS);
}

/** @param excerpt what it reads of the page makes it another one when that changes; null for nothing */
export function rowsOf(session: Session, node: string, excerpt: () => Excerpt | null): Asked<ExcerptRows> {
  async function ask({ name, fields, key, window }: Excerpt): Promise<Outcome<ExcerptRows>> {
    const answer = await read(session.base, `${filePath(node, name)}/columns`, parseFileRows, {
      points: String(POINTS),
      ...(fields.length === 0 ? {} : { fields: fields.join(',') }),
      ...(key === null ? {} : { key }),
      ...(window === null
        ? {}
        : { from: String(Math.floor(window.fromMs)), to: String(Math.ceil(window.toMs)) }),
    });
    return 'failed' in answer ? answer : { read: { name, window, rows: answer.read } };
  }
  return new Asked(
    session,
    () => {
      const of = excerpt();
      return of === null ? null : ask(of);
    },
    null,
  );
}
