/** The sound of alarms: off until somebody switches it on, and on again where it was. */
import type { Priority } from '../protocol';
import { PATTERNS } from './tones';

const KEPT_AS = 'twinflow.alarm-sound';
const LOUDNESS = 0.18;
const EDGE_S = 0.015;
/** A browser lets a page sound only after one of these. */
const GESTURES = ['pointerdown', 'keydown'] as const;

function kept(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) === 'on';
  } catch {
    return false; // Storage can be forbidden; then the choice lasts as long as the page.
  }
}

export class AlarmSound {
  on = $state(kept());
  /** Whether the browser waits for a click or a key before it lets the page sound. */
  blocked = $state(false);

  private context: AudioContext | null = null;
  private playing: Priority | null = null;
  private next: ReturnType<typeof setTimeout> | undefined;
  private voices: OscillatorNode[] = [];

  toggle(): void {
    this.on = !this.on;
    try {
      localStorage.setItem(KEPT_AS, this.on ? 'on' : 'off');
    } catch {
      return;
    }
  }

  /** @param priority the most urgent alarm that lasts and nobody has acknowledged; null for silence */
  play(priority: Priority | null): void {
    const wanted = this.on ? priority : null;
    if (wanted === this.playing) return;
    this.playing = wanted;
    clearTimeout(this.next);
    for (const voice of this.voices) voice.stop();
    this.voices = [];
    if (wanted === null) return;
    this.context ??= new AudioContext();
    if (this.context.state === 'running') this.sound(this.context, wanted);
    else this.wait(this.context);
  }

  private wait(context: AudioContext): void {
    this.blocked = true;
    const go = (): void => {
      void context.resume().then(() => {
        if (!this.blocked || context.state !== 'running') return;
        this.blocked = false;
        for (const gesture of GESTURES) removeEventListener(gesture, go, true);
        if (this.playing !== null) this.sound(context, this.playing);
      });
    };
    for (const gesture of GESTURES) addEventListener(gesture, go, true);
    // A click may just have been made: on the switch, for one.
    go();
  }

  private sound(context: AudioContext, priority: Priority): void {
    const { tones, everyS } = PATTERNS[priority];
    this.voices = tones.map(({ hertz, atS, lengthS }) => {
      const [voice, gain] = [context.createOscillator(), context.createGain()];
      const begin = context.currentTime + 0.02 + atS;
      voice.frequency.value = hertz;
      // Without soft edges it clicks.
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(LOUDNESS, begin + EDGE_S);
      gain.gain.setValueAtTime(LOUDNESS, begin + lengthS - EDGE_S);
      gain.gain.linearRampToValueAtTime(0, begin + lengthS);
      voice.connect(gain).connect(context.destination);
      voice.start(begin);
      voice.stop(begin + lengthS);
      return voice;
    });
    this.next = setTimeout(() => this.sound(context, priority), everyS * 1000);
  }
}
