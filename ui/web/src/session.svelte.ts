/** Everything the page knows: the layout, the rows, the state of the line, and what is abnormal. */
import { SvelteMap } from 'svelte/reactivity';
import { Access } from './access/access.svelte';
import { Alarms } from './alarms/alarms.svelte';
import { Archive } from './archive/archive.svelte';
import { backoffMs } from './backoff';
import type { Beginning } from './beginning';
import { ShapeError } from './check';
import { Connection } from './connection';
import { Frame } from './frame';
import { socketUrl } from './line';
import { Notices, type Notice } from './notices/notices';
import { afterPicture } from './pages/picture';
import {
  parseDashboard,
  type Dashboard,
  type FlowFault,
  type Hello,
  type Level,
  type Problem,
  type Rows,
  type ServerMessage,
  widgetsOf,
  type Widget,
} from './protocol';
import { Streams } from './store/streams';
import type { Machine } from './store/stream';
import { TimeView } from './time/view.svelte';
import { judge, type Verdicts } from './verdicts';
import { say } from './widgets/words';

export type LineState = 'live' | 'delayed' | 'disconnected';

/** So long after opening, rows can still be the history that the server sends first. */
const HISTORY_PHASE_MS = 3_000;
const JUDGE_EVERY_MS = 200;
const NEVER = Number.POSITIVE_INFINITY;

export class Session {
  dashboard = $state.raw<Dashboard | null>(null);
  /** Why there is no layout, if the server answered with something else. */
  failure = $state<string | null>(null);
  connected = $state(false);
  /** Time since the last row of the chosen machine, in whole seconds of milliseconds; infinite before the first. */
  ageMs = $state(NEVER);
  keys = $state.raw<readonly string[]>([]);
  /** The chosen machine; with {@link all}, the one that was chosen last. */
  key = $state('');
  /** Whether all machines are looked at together. */
  all = $state(false);
  notices = $state.raw<readonly Notice[]>([]);
  problems = $state.raw<readonly Problem[]>([]);
  /** Why the flow that runs is not that of its file, when it is not. */
  fault = $state.raw<FlowFault | null>(null);
  /** Widgets that stand out, by their id. */
  readonly abnormal = new SvelteMap<string, Level>();
  /** How often as fast as ours the flow's clock goes, when a log is shown again. */
  replay = $state<number | null>(null);
  /** Who one is to the server, and what one may do. */
  readonly access: Access;
  readonly frame = new Frame();
  /** Whether there is a picture of the page: what it can do without for a moment is made after it. */
  pictured = $state(false);
  /** Which stretch of time the charts show. */
  readonly view = new TimeView();
  /** What the server keeps of the past. */
  archive: Archive;
  /** The alarms of the flow's alarm nodes. */
  alarms: Alarms;

  readonly line: LineState = $derived.by(() => {
    if (!this.connected || this.dashboard === null) return 'disconnected';
    return this.ageMs > this.staleAfterMs ? 'delayed' : 'live';
  });

  private streams: Streams | null = null;
  private board: Notices | null = null;
  private unreadable: Problem | null = null;
  private reported: readonly Problem[] = [];
  private clock = { now: Date.now(), asOf: Date.now() };
  /** Until then rows may be from before the connection. */
  private historyUntilMs = NEVER;
  /** Until then rows may be from before the page knew the stream: their alerts may be long over. */
  private oldNewsUntilMs = NEVER;
  private loading = false;
  /** Whether the line has begun to tell all that is kept: what stands in the page itself is less. */
  private told = false;
  private verdicts: Verdicts = { abnormal: new Map(), worst: new Map() };
  private judgedMs = 0;
  /** Whether somebody has chosen a machine. */
  private chosen = false;
  private readonly connection: Connection;

  constructor(readonly base: string) {
    this.archive = $state.raw(new Archive(base));
    this.access = new Access(base);
    this.alarms = $state.raw(new Alarms(base, [], () => this.now()));
    this.connection = new Connection(() => new WebSocket(socketUrl(base)), {
      since: () => (this.told ? { ...this.streams?.since(), ...this.alarms.since() } : {}),
      message: (message) => {
        this.told = true;
        this.take(message, Date.now());
      },
      connected: (is) => {
        this.connected = is;
        // A line is also cut when the session is over, and can be had again by a log-in in another tab.
        if (!is || this.access.mustLogIn) void this.access.look();
      },
      unreadable: (reason) => this.noteUnreadable(reason),
    });
  }

  /** Begins, with what stands in the page if there is something. */
  start(beginning: Beginning | null = null): void {
    this.frame.add(() => this.tick());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.connection.wake();
    });
    if (beginning === null) {
      void this.access.look();
      void this.load();
    } else this.goOnFrom(beginning);
    afterPicture(() => {
      this.pictured = true;
      this.frame.start();
      if (beginning !== null) this.connection.restart();
    });
  }

  private goOnFrom({ me, dashboard, messages, atMs }: Beginning): void {
    this.access.know(me);
    this.adopt(dashboard);
    // The server has just answered.
    this.connected = true;
    for (const message of messages) this.take(message, atMs);
    this.followAge();
  }

  /** Whether what the server kept has come: what is missing now was never measured. */
  get settled(): boolean {
    return this.connected && this.now() >= this.historyUntilMs;
  }

  /** Whether the server may have more of the past than the page holds. */
  get hasPast(): boolean {
    return this.dashboard?.history !== false && this.archive.known;
  }

  /** Whether to ask for the past: always where there is one, else only when somebody asked for another time. */
  get asksPast(): boolean {
    const has = this.dashboard?.history ?? null;
    return has ?? this.view.asked;
  }

  /** How far back the page holds rows of the chosen machine, in milliseconds. */
  heldMs(): number {
    const { dashboard, streams } = this;
    if (dashboard === null || streams === null) return 0;
    const charts = widgetsOf(dashboard).filter(({ kind }) => kind === 'chart');
    const spans = charts.map(({ stream }) => {
      const series = this.machine(stream)?.series;
      return series === undefined || series.length === 0 ? 0 : series.lastTime - series.time(0);
    });
    return Math.max(0, ...spans);
  }

  /** The flow's time, milliseconds since 1970. */
  now(): number {
    return this.clock.now + (Date.now() - this.clock.asOf) * (this.replay ?? 1);
  }

  /** From which age on readings are stale. The way to here takes longer by a clock that is faster. */
  get staleAfterMs(): number {
    return (this.dashboard?.staleAfterMs ?? NEVER) * (this.replay ?? 1);
  }

  /** The rows of a machine on a stream. */
  machine(stream: string, key: string = this.key): Machine | null {
    return this.streams?.machine(stream, key) ?? null;
  }

  /** The machines of a stream by their names; one with an empty name when it is not kept by machine. */
  machines(stream: string): ReadonlyMap<string, Machine> {
    return this.streams?.machines(stream) ?? new Map<string, Machine>();
  }

  /** @param key a machine, or null for all of them. */
  choose(key: string | null): void {
    this.all = key === null;
    this.chosen = true;
    if (key !== null) this.key = key;
    this.judgedMs = 0;
    this.frame.request();
  }

  /** The machine that a widget of one value shows: the chosen one, or of all the one that stands worst. */
  machineOf(widget: Widget): { readonly key: string; readonly machine: Machine } | null {
    const key = this.all ? (this.verdicts.worst.get(widget.id) ?? this.key) : this.key;
    const machine = this.machine(widget.stream, key);
    return machine === null ? null : { key, machine };
  }

  dismiss(id: string): void {
    this.board?.dismiss(id);
    this.showNotices();
  }

  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    for (let failures = 0; ; failures += 1) {
      try {
        const answer = await fetch(new URL('api/dashboard', this.base), { cache: 'no-store' });
        if (!answer.ok) throw new Error(`the server answered ${answer.status} to ${answer.url}`);
        this.adopt(parseDashboard(await answer.json()));
        break;
      } catch (reason) {
        this.connection.stop();
        // A server that is away is shown as disconnected; only one that answers nonsense needs words.
        const spoken = reason instanceof ShapeError || reason instanceof SyntaxError;
        this.failure = spoken ? `The layout cannot be read: ${reason.message}` : null;
        await new Promise((resolve) => setTimeout(resolve, backoffMs(failures, Math.random())));
      }
    }
    this.loading = false;
    this.connection.restart();
  }

  private adopt(dashboard: Dashboard): void {
    const widgets = widgetsOf(dashboard);
    this.streams = new Streams(dashboard);
    this.archive = new Archive(this.base);
    this.alarms.stop();
    this.alarms = new Alarms(this.base, dashboard.alarms, () => this.now());
    this.board = new Notices(widgets, say);
    this.oldNewsUntilMs = NEVER;
    this.abnormal.clear();
    this.notices = [];
    this.failure = null;
    this.dashboard = dashboard;
  }

  private take(message: ServerMessage, atMs: number): void {
    switch (message.type) {
      case 'hello':
        return this.greet(message, atMs);
      case 'rows':
        return this.takeRows(message);
      case 'status':
        this.reported = message.problems;
        this.fault = message.fault;
        return this.showProblems();
    }
  }

  private greet(hello: Hello, atMs: number): void {
    this.clock = { now: hello.now, asOf: atMs };
    this.replay = hello.replay;
    if (hello.revision !== this.dashboard?.revision) {
      // Rows of the new layout must not meet the slots of the old one.
      this.connection.stop();
      void this.load();
      return;
    }
    this.historyUntilMs = this.now() + HISTORY_PHASE_MS;
    if (this.oldNewsUntilMs === NEVER) this.oldNewsUntilMs = this.historyUntilMs;
    this.alarms.reload();
  }

  private takeRows(rows: Rows): void {
    if (this.alarms.accept(rows)) return;
    const nowMs = this.now();
    if (rows.reset) this.oldNewsUntilMs = nowMs + HISTORY_PHASE_MS;
    const fresh = this.streams?.accept(rows, nowMs, nowMs < this.historyUntilMs) ?? [];
    if (rows.reset || rows.rows.length > 0) {
      this.board?.observe(rows.stream, fresh, { nowMs, history: nowMs < this.oldNewsUntilMs });
      this.followKeys(nowMs);
      this.showNotices();
      this.frame.request();
    }
  }

  private followKeys(nowMs: number): void {
    const keys = this.streams?.keys() ?? [];
    if (keys.length !== this.keys.length || keys.some((key, i) => key !== this.keys[i])) this.keys = keys;
    const [first] = keys;
    // The first machines that are told of need not be the first of all.
    const settles = !this.chosen && nowMs < this.oldNewsUntilMs;
    if (first !== undefined && (settles || !keys.includes(this.key))) this.key = first;
  }

  /** Also the widgets of pages that are not shown are judged: an alarm must not hide behind a tab. */
  private judge(): void {
    if (this.dashboard === null || Date.now() - this.judgedMs < JUDGE_EVERY_MS) return;
    this.judgedMs = Date.now();
    this.verdicts = judge(
      widgetsOf(this.dashboard),
      (stream) => this.machines(stream),
      this.all ? null : this.key,
    );
    for (const id of [...this.abnormal.keys()]) if (!this.verdicts.abnormal.has(id)) this.abnormal.delete(id);
    for (const [id, level] of this.verdicts.abnormal) {
      if (this.abnormal.get(id) !== level) this.abnormal.set(id, level);
    }
  }

  private tick(): void {
    this.judge();
    this.followAge();
    this.board?.sweep(this.now());
    this.alarms.sweep();
    this.showNotices();
  }

  private followAge(): void {
    const ageMs = this.streams?.ageMs(this.key, this.now()) ?? NEVER;
    const { staleAfterMs } = this;
    // Fresh is fresh: the age is only followed once it is shown.
    this.ageMs = ageMs <= staleAfterMs ? 0 : Math.floor(ageMs / 1000) * 1000;
  }

  private showNotices(): void {
    const list = this.board?.list ?? [];
    if (list.length === 0 && this.notices.length === 0) return;
    this.notices = list;
  }

  private noteUnreadable(reason: unknown): void {
    console.error('unreadable message from the server', reason);
    this.unreadable = {
      node: 'this page',
      kind: 'unreadable message',
      message: reason instanceof Error ? reason.message : String(reason),
      count: (this.unreadable?.count ?? 0) + 1,
      lastMs: this.now(),
    };
    this.showProblems();
  }

  private showProblems(): void {
    this.problems = this.unreadable === null ? this.reported : [this.unreadable, ...this.reported];
  }
}
