/** The WebSocket to the server, kept up: it comes back by itself, and notices a line that has gone silent. */
import { backoffMs } from './backoff';
import { subscription, type Socket } from './line';
import { parseMessage, type ServerMessage } from './protocol';

/** The server speaks about every second; after so long a silence the line is taken for dead. */
const SILENCE_MS = 10_000;

export interface ConnectionEvents {
  /** What to subscribe from, asked at every opening. */
  since(): Record<string, number>;
  message(message: ServerMessage): void;
  connected(is: boolean): void;
  /** A message could not be read; the connection goes on. */
  unreadable(reason: unknown): void;
}

export class Connection {
  private socket: Socket | null = null;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly open: () => Socket,
    private readonly events: ConnectionEvents,
    private readonly random: () => number = Math.random,
  ) {}

  /** Leaves the present line, if any, and opens a new one at once. */
  restart(): void {
    this.stop();
    this.connect();
  }

  /** Tries now instead of at the end of the waiting time, if it is waiting. */
  wake(): void {
    if (this.retry !== undefined) this.restart();
  }

  stop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.retry = undefined;
    const { socket } = this;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.events.connected(false);
  }

  private connect(): void {
    const socket = this.open();
    this.socket = socket;
    socket.onopen = () => socket.send(subscription(this.events.since()));
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.lost();
    this.expectSpeech();
  }

  private receive(frame: unknown): void {
    this.expectSpeech();
    for (const line of String(frame).split('\n')) this.read(line);
  }

  private read(line: string): void {
    let message: ServerMessage;
    try {
      message = parseMessage(line);
    } catch (reason) {
      this.events.unreadable(reason);
      return;
    }
    if (message.type === 'hello') {
      // Only now has the server shown that it is well: a port that merely opens and closes keeps us waiting longer.
      this.failures = 0;
      this.events.connected(true);
    }
    this.events.message(message);
  }

  private expectSpeech(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lost(), SILENCE_MS);
  }

  private lost(): void {
    this.stop();
    this.retry = setTimeout(
      () => {
        this.retry = undefined;
        this.connect();
      },
      backoffMs(this.failures, this.random()),
    );
    this.failures += 1;
  }
}
