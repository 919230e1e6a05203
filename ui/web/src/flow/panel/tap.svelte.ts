/** The records that leave a node, live. Paused, nothing is read: the server then sends nothing either. */
import { ShapeError } from '../../check';
import { parseTapLine, type TapRecord } from '../../protocol/tap';
import { LineSplitter } from './lines';

export const MOST_RECORDS = 200;
/** Faster, nobody could follow. */
const SHOW_EVERY_MS = 250;
const RETRY_MS = 1_500;

export interface Shown {
  readonly id: number;
  readonly record: TapRecord;
}

export class Tap {
  /** The newest first. */
  records = $state.raw<readonly Shown[]>([]);
  /** Records that went by while the page was busy. */
  missed = $state(0);
  paused = $state(false);
  /** Why nothing is read. */
  failure = $state<string | null>(null);

  private fresh: Shown[] = [];
  private count = 0;
  private reading: AbortController | null = null;
  private shows: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly url: URL,
    private readonly open: typeof fetch = (...request) => fetch(...request),
  ) {}

  /** Reads until the returned function is called. */
  start(): () => void {
    this.shows = setInterval(() => this.show(), SHOW_EVERY_MS);
    this.resume();
    return () => {
      clearInterval(this.shows);
      this.reading?.abort();
    };
  }

  pause(): void {
    this.paused = true;
    this.reading?.abort();
    this.show();
  }

  resume(): void {
    this.paused = false;
    this.reading?.abort();
    const reading = new AbortController();
    this.reading = reading;
    void this.follow(reading.signal);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.read(signal);
        // The tap of a node that an edit changed ends: it goes on with the new one.
      } catch (reason) {
        if (signal.aborted) return;
        this.failure = reason instanceof ShapeError ? reason.message : 'The records cannot be read now.';
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private async read(signal: AbortSignal): Promise<void> {
    const answer = await this.open(this.url, { cache: 'no-store', signal });
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
    this.failure = null;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const splitter = new LineSplitter();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      splitter.push(value).forEach((line) => this.take(line));
    }
  }

  private take(text: string): void {
    const line = parseTapLine(text);
    if (line.kind === 'missed') {
      this.missed += line.count;
      return;
    }
    this.fresh.push({ id: this.count++, record: line });
    if (this.fresh.length > MOST_RECORDS) this.fresh.shift();
  }

  private show(): void {
    if (this.fresh.length === 0) return;
    this.records = [...this.fresh.reverse(), ...this.records].slice(0, MOST_RECORDS);
    this.fresh = [];
  }
}
