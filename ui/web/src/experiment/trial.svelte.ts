/** An experiment as the page knows it: the run that is under way, those that were made, and what was asked for. */
import { operationPath, post, read } from '../ask';
import { blockedNow } from '../controls/blocked';
import { answered, looked, NONE, type Wish } from '../controls/wish';
import type { Cell, ExperimentSpec, Option, Run } from '../protocol';
import { parseRunName, parseRuns } from '../protocol/experiment';
import { Asked } from '../widgets/asked.svelte';
import type { Reading } from '../widgets/reading.svelte';
import { progressOf, type Progress } from './progress';

/** A run that is under way grows. */
const RENEW_MS = 15_000;
const ENDING_MS = 500;

export interface Underway {
  readonly run: string;
  readonly phase: string;
  readonly elapsedS: number;
  readonly progress: Progress;
}

export class Trial {
  /** What becomes of the start or the stop that was asked for; its value is the run that there is to be. */
  wish = $state.raw<Wish>(NONE);
  doing = $state<'start' | 'stop'>('start');
  readonly runs: Asked<readonly Run[]>;

  /** The run that is under way; null when there is none. */
  readonly run: string | null = $derived.by(() => textOf(this.reading.latest(this.spec.run)));
  readonly underway: Underway | null = $derived.by(() => {
    const { reading, spec, run } = this;
    if (run === null) return null;
    const phase = textOf(reading.latest(spec.phase)) ?? '';
    const elapsedS = secondsOf(reading.latest(spec.elapsed));
    const phaseElapsedS = secondsOf(reading.latest(spec.phaseElapsed));
    return { run, phase, elapsedS, progress: progressOf(spec.phases, phase, elapsedS, phaseElapsedS) };
  });

  /** Why nothing can be started or stopped; null when something can. */
  readonly blocked: string | null = $derived.by(() => blockedNow(this.reading));
  readonly busy: boolean = $derived.by(() => this.wish.state === 'sending' || this.wish.state === 'pending');

  constructor(
    readonly reading: Reading,
    readonly spec: ExperimentSpec,
  ) {
    this.runs = new Asked(
      reading.session,
      () => {
        // A run that begins or ends changes the list.
        void this.run;
        return read(reading.session.base, this.path('list'), parseRuns);
      },
      RENEW_MS,
    );
    // Its files are written a moment after a run has ended.
    $effect(() => {
      const isWritten = this.run !== null || this.runs.value?.every(({ outcome }) => outcome !== 'running');
      if (isWritten !== false) return;
      const timer = setTimeout(() => this.runs.renew(), ENDING_MS);
      return () => clearTimeout(timer);
    });
    $effect(() =>
      reading.session.frame.add(() => {
        this.wish = looked(this.wish, this.run ?? '', null, Date.now());
      }),
    );
  }

  start(parameters: Readonly<Record<string, Option['value']>>, note: string): void {
    void this.send('start', { parameters, note });
  }

  stop(): void {
    void this.send('stop', {});
  }

  private async send(doing: 'start' | 'stop', wish: object): Promise<void> {
    if (this.blocked !== null || this.busy) return;
    const { base } = this.reading.session;
    const sent: Wish = { state: 'sending', value: '' };
    this.doing = doing;
    this.wish = sent;
    const done = await post(base, this.path(doing), this.keyed(wish), parseRunName);
    if (this.wish !== sent) return;
    const [run, refusal] = 'failed' in done ? ['', done.failed] : [doing === 'start' ? done.read : '', null];
    this.wish = answered({ ...sent, value: run }, refusal, true, Date.now());
    this.runs.renew();
  }

  private path(operation: string): string {
    return operationPath(this.reading.widget.node, operation);
  }

  private keyed(wish: object): object {
    const { key } = this.reading;
    return key === '' ? wish : { ...wish, key };
  }
}

function textOf(cell: Cell): string | null {
  return typeof cell === 'string' && cell !== '' ? cell : null;
}

function secondsOf(cell: Cell): number {
  return typeof cell === 'number' ? Math.max(0, cell) : 0;
}
