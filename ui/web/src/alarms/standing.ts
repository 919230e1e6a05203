/** The list of alarms that stand: in which order, how many, which is the worst, and how changes go into it. */
import { PRIORITIES, type Alarm, type AlarmChange, type AlarmState, type Priority } from '../protocol';

/** One that stands, with what only its last change tells. */
export interface Standing extends Alarm {
  /** Who brought it into its state; null when nobody did, or when it is not known. */
  readonly by: string | null;
}

/** A name that no other alarm has. */
export function idOf({ node, alarm, key }: Pick<Alarm, 'node' | 'alarm' | 'key'>): string {
  return `${node}\n${alarm}\n${key}`;
}

export function urgency(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

/** Whether somebody still has to say that they know of it. */
export function isOpen({ state }: Pick<Alarm, 'state'>): boolean {
  return state === 'unacknowledged' || state === 'returned';
}

/** Whether it is to be seen: not put aside by somebody, and not without meaning at present. */
export function isPresent({ state }: Pick<Alarm, 'state'>): boolean {
  return state === 'unacknowledged' || state === 'acknowledged' || state === 'returned';
}

/** What lasts and is unacknowledged comes before what is over; what is put aside comes last. */
const RANK: Record<AlarmState, number> = {
  unacknowledged: 0,
  returned: 1,
  acknowledged: 2,
  shelved: 3,
  suppressed: 4,
  normal: 5,
};

/** Unacknowledged first, then by priority, then the newest first. */
export function inOrder<T extends Alarm>(alarms: readonly T[]): T[] {
  return [...alarms].sort(
    (a, b) =>
      Number(isOpen(b)) - Number(isOpen(a)) ||
      Number(isPresent(b)) - Number(isPresent(a)) ||
      urgency(b.priority) - urgency(a.priority) ||
      RANK[a.state] - RANK[b.state] ||
      b.since - a.since ||
      idOf(a).localeCompare(idOf(b), 'en', { numeric: true }),
  );
}

/** The worst that nobody has acknowledged. */
export function worstOpen<T extends Alarm>(alarms: readonly T[]): T | null {
  return inOrder(alarms).find(isOpen) ?? null;
}

export interface PriorityCount {
  readonly priority: Priority;
  /** All that are to be seen. */
  readonly present: number;
  /** Those of them that nobody has acknowledged. */
  readonly open: number;
}

/** The most urgent first; a priority without an alarm is left out. */
export function countsOf(alarms: readonly Alarm[]): PriorityCount[] {
  return [...PRIORITIES]
    .reverse()
    .map((priority) => {
      const of = alarms.filter((alarm) => alarm.priority === priority && isPresent(alarm));
      return { priority, present: of.length, open: of.filter(isOpen).length };
    })
    .filter(({ present }) => present > 0);
}

/** The list after a change of one alarm. The same list when the change is none. */
export function changed(
  alarms: ReadonlyMap<string, Standing>,
  change: AlarmChange,
): ReadonlyMap<string, Standing> {
  const id = idOf(change);
  const before = alarms.get(id);
  if (change.state === 'normal' && before === undefined) return alarms;
  const after = new Map(alarms);
  if (change.state === 'normal') {
    after.delete(id);
    return after;
  }
  const { time, ...rest } = change;
  // Only the list says until when; it is asked again then.
  const shelvedUntil = change.state === 'shelved' ? (before?.shelvedUntil ?? null) : null;
  after.set(id, { ...rest, since: time, shelvedUntil });
  return after;
}

/**
 * The list that the server gave, with what changed while it was on its way. Who did what is taken from what was known
 * of the same state: the list does not tell.
 */
export function listed(
  list: readonly Alarm[],
  meanwhile: readonly AlarmChange[],
  known: ReadonlyMap<string, Standing>,
): ReadonlyMap<string, Standing> {
  let alarms: ReadonlyMap<string, Standing> = new Map(
    list.map((alarm): [string, Standing] => {
      const before = known.get(idOf(alarm));
      const same = before !== undefined && before.state === alarm.state && before.since === alarm.since;
      return [idOf(alarm), { ...alarm, by: same ? before.by : null }];
    }),
  );
  const last = new Map(meanwhile.map((change) => [idOf(change), change]));
  for (const change of last.values()) {
    const there = alarms.get(idOf(change));
    // A change that the list has already must not undo what the list knows besides.
    const same = there !== undefined && there.state === change.state && there.since === change.time;
    if (same) alarms = new Map(alarms).set(idOf(change), { ...there, by: change.by });
    else alarms = changed(alarms, change);
  }
  return alarms;
}
