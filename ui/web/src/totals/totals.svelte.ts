/** The totals of a widget, and those of the same stretch before; asked for anew every minute. */
import { read, type Outcome } from '../ask';
import { parseTotals } from '../protocol/totals';
import type { TotalsBy } from '../protocol';
import { Asked } from '../widgets/asked.svelte';
import type { Reading } from '../widgets/reading.svelte';
import { STRETCHES, type Compared } from './pairs';

const RENEW_MS = 60_000;

export class TotalsOf {
  by = $state<TotalsBy>('hour');
  readonly asked: Asked<Compared>;
  /** Whether it is known by now which machine there is. */
  private readonly ready: boolean = $derived.by(() => this.reading.condition !== 'loading');

  constructor(private readonly reading: Reading) {
    const question = (): Promise<Outcome<Compared>> | null =>
      this.ready ? this.ask(this.by, reading.key) : null;
    this.asked = new Asked(reading.session, question, RENEW_MS);
  }

  private async ask(by: TotalsBy, key: string): Promise<Outcome<Compared>> {
    const { session, widget } = this.reading;
    const path = `api/totals/${encodeURIComponent(widget.node)}`;
    const query = key === '' ? { by } : { by, key };
    const now = await read(session.base, path, parseTotals, query);
    if ('failed' in now) return now;
    const { spanMs } = STRETCHES[by];
    const before = await read(session.base, path, parseTotals, {
      ...query,
      from: String(now.read.fromMs - spanMs),
      to: String(now.read.toMs - spanMs),
    });
    return { read: { now: now.read, before: 'read' in before ? before.read : null } };
  }
}
