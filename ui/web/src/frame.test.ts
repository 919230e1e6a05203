import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Frame } from './frame';

const SCREEN_MS = 16;
const SECOND_MS = 1000;

describe('the drawing beat', () => {
  let frame: Frame;
  let frames: number;
  let nowMs: number;
  /** What the browser takes to make a frame. */
  let costMs: number;

  async function pass(forMs: number, eachMs: () => void = () => undefined): Promise<void> {
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 1) {
      eachMs();
      await vi.advanceTimersByTimeAsync(1);
    }
  }

  /** Lets time go on, with twenty readings a second. */
  async function readings(forMs: number): Promise<void> {
    let nextMs = nowMs;
    await pass(forMs, () => {
      if (nowMs < nextMs) return;
      frame.request();
      nextMs += 50;
    });
  }

  beforeEach(() => {
    vi.useFakeTimers();
    [frames, nowMs, costMs] = [0, 0, 0];
    vi.stubGlobal('document', { hidden: false, addEventListener: vi.fn() });
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw, SCREEN_MS));
    vi.stubGlobal('performance', { now: () => nowMs });
    frame = new Frame();
    frame.add(() => {
      frames += 1;
      nowMs += costMs;
    });
    frame.start();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('goes on by itself while nothing comes', async () => {
    await pass(SECOND_MS);
    expect(frames).toBe(4);
  });

  it('draws every reading where that costs little', async () => {
    costMs = 1;
    await readings(SECOND_MS);
    expect(frames).toBeGreaterThan(18);
  });

  it('leaves frames out where they are dear, but draws some five a second', async () => {
    costMs = 40;
    await readings(2 * SECOND_MS);
    frames = 0;
    await readings(SECOND_MS);
    expect(frames).toBeGreaterThan(3);
    expect(frames).toBeLessThan(7);
  });

  it('draws both parts of a reading at once, also where frames are dear, while readings are few', async () => {
    costMs = 40;
    await readings(2 * SECOND_MS);
    await pass(SECOND_MS);
    const before = frames;
    for (let part = 1; part <= 2; part += 1) {
      frame.request();
      await pass(2 * SCREEN_MS + costMs);
      expect(frames).toBe(before + part);
    }
  });
});
