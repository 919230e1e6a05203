/** Everything the page knows: the layout, the rows, the state of the line, and what is abnormal. */
import { SvelteMap } from 'svelte/reactivity';
import { backoffMs } from './backoff';
import { ShapeError } from './check';
import { Connection } from './connection';
import { Frame } from './frame';
import { Notices, type Notice } from './notices/notices';
import {
  parseDashboard,
  type Dashboard,
  type FlowFault,
  type Hello,
  type Level,
  type Problem,
  type Rows,
  type ServerMessage,
  type Widget,
} from './protocol';
import { History } from './store/history';
import type { Machine } from './store/stream';
import { say } from './widgets/words';

export type LineState = 'live' | 'delayed' | 'disconnected';

/** So long after opening, rows can still be the history that the server sends first. */
const HISTORY_PHASE_MS = 3_000;
const NEVER = Number.POSITIVE_INFINITY;

export class Session {
  dashboard = $state.raw<Dashboard | null>(null);
  /** Why there is no layout, if the server answered with something else. */
  failure = $state<string | null>(null);
  connected = $state(false);
  /** Time since the last row of the chosen machine, in whole seconds of milliseconds; infinite before the first. */
  ageMs = $state(NEVER);
  keys = $state.raw<readonly string[]>([]);
  /** The chosen machine. */
  key = $state('');
  notices = $state.raw<readonly Notice[]>([]);
  problems = $state.raw<readonly Problem[]>([]);
  /** Why the flow that runs is not that of its file, when it is not. */
  fault = $state.raw<FlowFault | null>(null);
  /** Widgets that stand out, by their id. */
  readonly abnormal = new SvelteMap<string, Level>();
  /** How often as fast as ours the flow's clock goes, when a log is shown again. */
  replay = $state<number | null>(null);
  readonly frame = new Frame();

  readonly line: LineState = $derived.by(() => {
    if (!this.connected) return 'disconnected';
    return this.ageMs > this.staleAfterMs ? 'delayed' : 'live';
  });

  private history: History | null = null;
  private board: Notices | null = null;
  private unreadable: Problem | null = null;
  private reported: readonly Problem[] = [];
  private clock = { now: Date.now(), asOf: Date.now() };
  /** Until then rows may be from before the connection. */
  private historyUntilMs = NEVER;
  /** Until then rows may be from before the page knew the stream: their alerts may be long over. */
  private oldNewsUntilMs = NEVER;
  private loading = false;
  private readonly connection: Connection;

  constructor(private readonly base: string) {
    const socketUrl = new URL('ws', base);
    socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';
    this.connection = new Connection(() => new WebSocket(socketUrl), {
      since: () => this.history?.since() ?? {},
      message: (message) => this.take(message),
      connected: (is) => (this.connected = is),
      unreadable: (reason) => this.noteUnreadable(reason),
    });
  }

  start(): void {
    this.frame.add(() => this.tick());
    this.frame.start();
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.connection.wake();
    });
    void this.load();
  }

  /** The flow's time, milliseconds since 1970. */
  now(): number {
    return this.clock.now + (Date.now() - this.clock.asOf) * (this.replay ?? 1);
  }

  /** From which age on readings are stale. The way to here takes longer by a clock that is faster. */
  get staleAfterMs(): number {
    return (this.dashboard?.staleAfterMs ?? NEVER) * (this.replay ?? 1);
  }

  /** The rows of the chosen machine on a stream. */
  machine(stream: string): Machine | null {
    return this.history?.machine(stream, this.key) ?? null;
  }

  choose(key: string): void {
    this.key = key;
    this.abnormal.clear();
    this.frame.request();
  }

  dismiss(id: string): void {
    this.board?.dismiss(id);
    this.showNotices();
  }

  /** A widget says how it stands; the header counts. */
  report(widgetId: string, level: Level): void {
    if (level === 'normal') this.abnormal.delete(widgetId);
    else if (this.abnormal.get(widgetId) !== level) this.abnormal.set(widgetId, level);
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
    const widgets: readonly Widget[] = dashboard.groups.flatMap((group) => group.widgets);
    this.history = new History(dashboard);
    this.board = new Notices(widgets, say);
    this.oldNewsUntilMs = NEVER;
    this.abnormal.clear();
    this.notices = [];
    this.failure = null;
    this.dashboard = dashboard;
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        return this.greet(message);
      case 'rows':
        return this.takeRows(message);
      case 'status':
        this.reported = message.problems;
        this.fault = message.fault;
        return this.showProblems();
    }
  }

  private greet(hello: Hello): void {
    this.clock = { now: hello.now, asOf: Date.now() };
    this.replay = hello.replay;
    if (hello.revision !== this.dashboard?.revision) {
      // Rows of the new layout must not meet the slots of the old one.
      this.connection.stop();
      void this.load();
      return;
    }
    this.historyUntilMs = this.now() + HISTORY_PHASE_MS;
    if (this.oldNewsUntilMs === NEVER) this.oldNewsUntilMs = this.historyUntilMs;
  }

  private takeRows(rows: Rows): void {
    const nowMs = this.now();
    if (rows.reset) this.oldNewsUntilMs = nowMs + HISTORY_PHASE_MS;
    const fresh = this.history?.accept(rows, nowMs, nowMs < this.historyUntilMs) ?? [];
    if (rows.reset || fresh.length > 0) {
      this.board?.observe(rows.stream, fresh, { nowMs, history: nowMs < this.oldNewsUntilMs });
      this.followKeys();
      this.showNotices();
      this.frame.request();
    }
  }

  private followKeys(): void {
    const keys = this.history?.keys() ?? [];
    if (keys.length !== this.keys.length || keys.some((key, i) => key !== this.keys[i])) this.keys = keys;
    const [first] = keys;
    if (first !== undefined && !keys.includes(this.key)) this.key = first;
  }

  private tick(): void {
    const ageMs = this.history?.ageMs(this.key, this.now()) ?? NEVER;
    const { staleAfterMs } = this;
    // Fresh is fresh: the age is only followed once it is shown.
    this.ageMs = ageMs <= staleAfterMs ? 0 : Math.floor(ageMs / 1000) * 1000;
    this.board?.sweep(this.now());
    this.showNotices();
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
