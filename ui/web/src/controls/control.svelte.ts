/** One control: what is read back, what is wished, what is asked before, and why it cannot be used now. */
import { formatCell, withUnit } from '../format';
import type { Cell, ControlSpec, Field, Option } from '../protocol';
import type { Reading } from '../widgets/reading.svelte';
import { Structured } from '../protocol/structured';
import { blockedNow } from './blocked';
import { sendWish } from './send';
import { agrees, answered, looked, NONE, shownValue, type Value, type Wish } from './wish';

export const PLAIN: ControlSpec = { step: null, confirm: null, options: null };

/** What a control is of, and the way of its wishes to the server. */
export interface Way {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly spec: ControlSpec;
  /** Whether its field shows what comes of a wish. */
  readonly readsBack: boolean;
  /** Answers why the wish was refused; null when it was taken. @param key of the machine; empty for the only one */
  readonly send: (value: Value, key: string) => Promise<string | null>;
}

/** The way of a widget that is nothing but a control. */
function wayOf({ session, widget }: Reading): Way {
  return {
    id: widget.id,
    title: widget.title,
    spec: widget.control ?? PLAIN,
    readsBack: widget.kind !== 'button',
    send: (value, key) => sendWish(session.base, widget.id, value, key),
  };
}

export class Control {
  wish = $state.raw<Wish>(NONE);
  /** A value that waits for the answer to the question; null when nothing is asked. */
  asking = $state<Value | null>(null);

  readonly read: Cell = $derived.by(() => this.reading.latest(this.field));
  readonly shown: Cell = $derived(shownValue(this.wish, this.read));

  /** Why the control cannot be used; null when it can. */
  readonly blocked: string | null = $derived.by(() => blockedNow(this.reading));

  constructor(
    readonly reading: Reading,
    readonly field: Field,
    private readonly way: Way = wayOf(reading),
  ) {
    $effect(() =>
      reading.session.frame.add(() => {
        this.wish = looked(this.wish, this.reading.latest(this.field), this.spec.step, Date.now());
      }),
    );
    // Another machine has other values: what was wished for one is not wished for the next.
    $effect(() => {
      void reading.key;
      this.wish = NONE;
      this.asking = null;
    });
  }

  get id(): string {
    return this.way.id;
  }

  get title(): string {
    return this.way.title;
  }

  get spec(): ControlSpec {
    return this.way.spec;
  }

  get readsBack(): boolean {
    return this.way.readsBack;
  }

  /** What can be chosen: the options of the control, else the words of the field. */
  get options(): readonly Option[] {
    const { labels, type } = this.field;
    const coded = type === 'integer' || type === 'number';
    const ofField = Object.entries(labels ?? {}).map(([code, label]): Option => {
      const value = type === 'boolean' ? code === 'true' || code === '1' : coded ? Number(code) : code;
      return { value, label };
    });
    return this.spec.options ?? ofField;
  }

  /** A value in the words of the control. */
  words(said: Cell | Value): string {
    const value = said instanceof Structured ? said.json : said;
    const option = this.spec.options?.find((candidate) => agrees(candidate.value, value, null));
    return option?.label ?? withUnit(formatCell(value, this.field), this.field.unit);
  }

  /** Asks first, if the control has a question. */
  set(value: Value): void {
    if (this.blocked !== null) return;
    if (this.spec.confirm === null) void this.send(value);
    else this.asking = value;
  }

  answer(yes: boolean): void {
    const value = this.asking;
    this.asking = null;
    if (yes && value !== null && this.blocked === null) void this.send(value);
  }

  private async send(value: Value): Promise<void> {
    const sent: Wish = { state: 'sending', value };
    this.wish = sent;
    const refusal = await this.way.send(value, this.reading.key);
    // A later wish, or another machine, has taken its place.
    if (this.wish !== sent) return;
    this.wish = answered(sent, refusal, this.readsBack, Date.now());
  }
}
