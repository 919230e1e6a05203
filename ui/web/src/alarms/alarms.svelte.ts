/** The alarms of the flow as the page knows them: the server's list, kept up by the rows of the alarm nodes. */
import { parseAlarms, type AlarmChange, type AlarmNode, type Field, type Rows } from '../protocol';
import { read } from '../ask';
import { operate } from './ask';
import { changeOf } from './changes';
import { AlarmMarks } from './marks.svelte';
import { changed, countsOf, inOrder, isOpen, isPresent, listed, worstOpen, type Standing } from './standing';
import { isSettled, shown, type AlarmWish, type Operation, type ShownAlarm } from './wishes';

const RETRY_MS = 3_000;
/** Several changes at once are one reason to ask again. */
const ASK_AGAIN_MS = 150;
const MOST_RECENT = 2_000;

export class Alarms {
  /** Why the list is not up to date; null when it is. */
  failed = $state<string | null>(null);
  /** Whether the list has come at all. */
  known = $state(false);
  /** Changes that came while the page was open, in their order. */
  recent = $state.raw<readonly AlarmChange[]>([]);

  private standing = $state.raw<ReadonlyMap<string, Standing>>(new Map<string, Standing>());
  private wishes = $state.raw<ReadonlyMap<string, AlarmWish>>(new Map<string, AlarmWish>());

  readonly list: readonly ShownAlarm[] = $derived.by(() =>
    inOrder(
      [...this.standing].flatMap(([id, alarm]) => {
        const as = shown(alarm, this.wishes.get(id));
        return as === null ? [] : [as];
      }),
    ),
  );
  readonly worst: ShownAlarm | null = $derived(worstOpen(this.list));
  readonly counts = $derived(countsOf(this.list));
  readonly present: number = $derived(this.list.filter(isPresent).length);
  readonly open: number = $derived(this.list.filter(isOpen).length);

  /** For charts: when alarms were raised. */
  readonly marks: AlarmMarks;

  private readonly lastSeq = new Map<string, number>();
  /** Changes since the list was asked for; null while it is not. */
  private meanwhile: AlarmChange[] | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  /** @param now the flow's time */
  constructor(
    private readonly base: string,
    readonly nodes: readonly AlarmNode[],
    private readonly now: () => number,
  ) {
    this.marks = new AlarmMarks(base);
  }

  /** Whether the flow raises alarms. */
  get any(): boolean {
    return this.nodes.length > 0;
  }

  /** What to ask the server to go on from. */
  since(): Record<string, number> {
    return Object.fromEntries(this.lastSeq);
  }

  titleOf(node: string): string {
    return this.nodes.find((candidate) => candidate.node === node)?.title ?? node;
  }

  /** The field that the limits of a node are of; null where its alarms have no value. */
  fieldOf(node: string): Field | null {
    const fields = this.nodes.find((candidate) => candidate.node === node)?.fields;
    return fields?.find(({ name }) => name === 'value') ?? null;
  }

  /** Whether the rows are of an alarm node. */
  accept(rows: Rows): boolean {
    const node = this.nodes.find(({ stream }) => stream === rows.stream);
    if (node === undefined) return false;
    const last = rows.reset ? undefined : this.lastSeq.get(rows.stream);
    const fresh = rows.rows.slice(last === undefined ? 0 : Math.max(0, last + 1 - rows.first));
    if (rows.reset) this.lastSeq.delete(rows.stream);
    if (rows.rows.length > 0) this.lastSeq.set(rows.stream, rows.first + rows.rows.length - 1);
    const changes = fresh.flatMap((row) => changeOf(node, row) ?? []);
    // What was left out may have been the end of an alarm.
    if (rows.reset || (last !== undefined && rows.first > last + 1)) {
      this.marks.forget();
      this.reload();
    }
    this.take(changes);
    return true;
  }

  /** Asks for the whole list: after a new connection, and when changes may have been missed. */
  reload(afterMs = 0): void {
    if (!this.any || this.stopped) return;
    clearTimeout(this.again);
    this.again = setTimeout(() => void this.ask(), afterMs);
  }

  /** A new layout has alarms of its own. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.again);
  }

  acknowledge(alarms: readonly ShownAlarm[]): void {
    for (const alarm of alarms) if (isOpen(alarm)) void this.wish(alarm, 'acknowledge', null);
  }

  shelve(alarm: ShownAlarm, minutes: number): void {
    void this.wish(alarm, 'shelve', minutes);
  }

  unshelve(alarm: ShownAlarm): void {
    void this.wish(alarm, 'unshelve', null);
  }

  /** Takes away the explanation of a refusal. */
  dismiss(id: string): void {
    this.forget([id]);
  }

  /** Lets go of wishes that have come true, or never will. */
  sweep(): void {
    if (this.wishes.size === 0) return;
    const nowMs = this.now();
    const settled = [...this.wishes].filter(([id, wish]) => isSettled(wish, this.standing.get(id), nowMs));
    if (settled.length > 0) this.forget(settled.map(([id]) => id));
  }

  private take(changes: readonly AlarmChange[]): void {
    if (changes.length === 0) return;
    this.meanwhile?.push(...changes);
    this.standing = changes.reduce(changed, this.standing);
    this.recent = [...this.recent, ...changes].slice(-MOST_RECENT);
    this.sweep();
    const untold = [...this.standing.values()].some(
      ({ state, shelvedUntil }) => state === 'shelved' && shelvedUntil === null,
    );
    if (untold) this.reload(ASK_AGAIN_MS);
  }

  private async ask(): Promise<void> {
    const meanwhile: AlarmChange[] = [];
    this.meanwhile = meanwhile;
    const answer = await read(this.base, 'api/alarms', parseAlarms);
    // A later question will have the later answer.
    if (this.meanwhile !== meanwhile || this.stopped) return;
    this.meanwhile = null;
    if ('failed' in answer) {
      this.failed = answer.failed;
      this.reload(RETRY_MS);
      return;
    }
    this.failed = null;
    this.known = true;
    this.standing = listed(answer.read, meanwhile, this.standing);
    this.sweep();
  }

  private async wish(alarm: ShownAlarm, operation: Operation, minutes: number | null): Promise<void> {
    const is = this.standing.get(alarm.id);
    if (is === undefined) return;
    const { state: from, since: fromSince } = is;
    const asked: AlarmWish = {
      ...{ operation, minutes, from, fromSince },
      askedMs: this.now(),
      taken: false,
      refused: null,
    };
    this.note(alarm.id, asked);
    const refused = await operate(this.base, alarm.node, operation, {
      alarm: alarm.alarm,
      key: alarm.key,
      minutes,
    });
    // It has come true before the answer, or something else was asked since.
    if (this.wishes.get(alarm.id) !== asked) return;
    this.note(alarm.id, { ...asked, taken: refused === null, refused });
    this.sweep();
  }

  private note(id: string, wish: AlarmWish): void {
    this.wishes = new Map(this.wishes).set(id, wish);
  }

  private forget(ids: readonly string[]): void {
    const left = new Map(this.wishes);
    for (const id of ids) left.delete(id);
    this.wishes = left;
  }
}
