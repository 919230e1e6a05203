/** What the server keeps of the past: asked for as charts need it, and held for the next frame. */
import { parsePast, type Past } from '../protocol';
import { spanOf, type Window } from '../time/window';
import { covers, widened } from './need';

/** Points of an answer: about as many as a wide chart has pixels to tell apart. */
const POINTS = 800;
const RETRY_MS = 5_000;
const MOST_HELD = 48;

export interface Need {
  readonly stream: string;
  readonly key: string;
  /** What is missing. */
  readonly window: Window;
  /** Length of the whole window, of which that is a part. */
  readonly spanMs: number;
  /** The flow's present: later than this no answer reaches. */
  readonly nowMs: number;
}

interface Held {
  readonly of: string;
  spanMs: number;
  window: Window | null;
  past: Past | null;
  asking: boolean;
  notBeforeMs: number;
}

export class Archive {
  /** Streams without a past. */
  private readonly without = new Set<string>();
  private readonly with = new Set<string>();
  /** In the order of their use, the latest last. */
  private readonly held = new Map<string, Held>();
  /** Grows with every answer. */
  version = $state(0);

  constructor(
    private readonly base: string,
    private readonly ask: typeof fetch = (...request) => fetch(...request),
  ) {}

  /** False once every stream that was asked for has turned out to have no past. */
  readonly known: boolean = $derived.by(() => {
    void this.version;
    return this.without.size === 0 || this.with.size > 0;
  });

  lacks(stream: string): boolean {
    return this.without.has(stream);
  }

  /** What is held for a need, the nearest thing while that is on its way, or null. */
  get(need: Need): Past | null {
    if (this.without.has(need.stream)) return null;
    const of = `${need.stream}\n${need.key}`;
    const id = `${of}\n${Math.round(need.spanMs)}`;
    const entry = this.held.get(id) ?? this.begin(id, of, need.spanMs);
    this.held.delete(id);
    this.held.set(id, entry);
    if (entry.window !== null && covers(entry.window, need.window)) return entry.past;
    if (!entry.asking && Date.now() >= entry.notBeforeMs) void this.request(entry, need);
    return entry.past ?? this.nearest(of, need);
  }

  private begin(id: string, of: string, spanMs: number): Held {
    const entry: Held = { of, spanMs, window: null, past: null, asking: false, notBeforeMs: 0 };
    this.held.set(id, entry);
    for (const [oldest] of this.held) {
      if (this.held.size <= MOST_HELD) break;
      this.held.delete(oldest);
    }
    return entry;
  }

  /** The finest answer of another zoom that covers the need. */
  private nearest(of: string, need: Need): Past | null {
    let best: Held | null = null;
    for (const entry of this.held.values()) {
      if (entry.of !== of || entry.window === null || !covers(entry.window, need.window)) continue;
      if (best === null || entry.spanMs < best.spanMs) best = entry;
    }
    return best?.past ?? null;
  }

  private async request(entry: Held, need: Need): Promise<void> {
    entry.asking = true;
    const window = widened(need.window, need.spanMs);
    const url = new URL(`api/history/${encodeURIComponent(need.stream)}`, this.base);
    const points = Math.ceil((POINTS * spanOf(window)) / need.spanMs);
    const query = { from: String(window.fromMs), to: String(window.toMs), points: String(points) };
    url.search = String(new URLSearchParams(need.key === '' ? query : { ...query, key: need.key }));
    try {
      const answer = await this.ask(url, { cache: 'no-store' });
      if (answer.status === 404 || answer.status === 501) {
        this.without.add(need.stream);
        return;
      }
      if (!answer.ok) throw new Error(`the server answered ${answer.status} to ${url.pathname}`);
      entry.past = parsePast(await answer.json());
      entry.window = { fromMs: window.fromMs, toMs: Math.min(window.toMs, need.nowMs) };
      this.with.add(need.stream);
    } catch (reason) {
      // The chart goes on with what is live; an answer that cannot be read is for whoever looks after the server.
      if (!(reason instanceof TypeError)) console.error('the history cannot be read', reason);
      entry.notBeforeMs = Date.now() + RETRY_MS;
    } finally {
      entry.asking = false;
      this.version += 1;
    }
  }
}
