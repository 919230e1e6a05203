import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PRIORITIES } from '../protocol';
import { AlarmSound } from './sound.svelte';
import { PATTERNS } from './tones';

class FakeContext {
  static state = 'running';
  static started: number[] = [];
  static stopped = 0;
  state = FakeContext.state;
  currentTime = 0;
  destination = {};
  createOscillator(): object {
    const frequency = { value: 0 };
    return {
      frequency,
      connect: (to: object) => to,
      start: () => FakeContext.started.push(frequency.value),
      stop: () => (FakeContext.stopped += 1),
    };
  }
  createGain(): object {
    const ramp = vi.fn();
    return { gain: { setValueAtTime: ramp, linearRampToValueAtTime: ramp }, connect: (to: object) => to };
  }
  resume(): Promise<void> {
    this.state = FakeContext.state;
    return Promise.resolve();
  }
}

describe('the sound of alarms', () => {
  let store: Map<string, string>;
  let gestures: Map<string, () => void>;

  beforeEach(() => {
    vi.useFakeTimers();
    FakeContext.state = 'running';
    FakeContext.started = [];
    store = new Map();
    gestures = new Map();
    vi.stubGlobal('localStorage', {
      getItem: (name: string) => store.get(name) ?? null,
      setItem: (name: string, value: string) => store.set(name, value),
    });
    vi.stubGlobal('AudioContext', FakeContext);
    vi.stubGlobal('addEventListener', (name: string, go: () => void) => gestures.set(name, go));
    vi.stubGlobal('removeEventListener', (name: string) => gestures.delete(name));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('is off at first, and stays as it was chosen', () => {
    const sound = new AlarmSound();
    sound.play('critical');
    expect(FakeContext.started).toEqual([]);
    sound.toggle();
    expect(new AlarmSound().on).toBe(true);
    sound.toggle();
    expect(new AlarmSound().on).toBe(false);
  });

  it('comes again until there is nothing to sound for', () => {
    const sound = new AlarmSound();
    sound.toggle();
    sound.play('medium');
    expect(FakeContext.started).toHaveLength(2);
    vi.advanceTimersByTime(PATTERNS.medium.everyS * 1000);
    expect(FakeContext.started).toHaveLength(4);
    sound.play(null);
    vi.advanceTimersByTime(60_000);
    expect(FakeContext.started).toHaveLength(4);
    expect(FakeContext.stopped).toBeGreaterThan(0);
  });

  it('waits for a click or a key where the browser wants one', async () => {
    FakeContext.state = 'suspended';
    const sound = new AlarmSound();
    sound.toggle();
    sound.play('high');
    await vi.advanceTimersByTimeAsync(0);
    expect([sound.blocked, FakeContext.started]).toEqual([true, []]);
    FakeContext.state = 'running';
    gestures.get('keydown')?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(sound.blocked).toBe(false);
    expect(FakeContext.started).toEqual([880, 880, 880]);
    expect(gestures.size).toBe(0);
  });

  it('is another one for each priority, and the more urgent the sooner again', () => {
    const all = PRIORITIES.map((priority) => PATTERNS[priority]);
    expect(new Set(all.map((pattern) => JSON.stringify(pattern))).size).toBe(PRIORITIES.length);
    const pauses = all.map(({ everyS }) => everyS);
    expect(pauses).toEqual([...pauses].sort((a, b) => b - a));
    for (const { tones, everyS } of all) {
      const last = tones.at(-1);
      expect((last?.atS ?? 0) + (last?.lengthS ?? 0)).toBeLessThan(everyS);
    }
  });
});
