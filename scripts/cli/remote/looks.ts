/**
 * When to look again at something that one hears news of: soon after news, but not for each of them.
 * @module
 */

/** Something that can be rung, and waited for. Rings that nobody waits for are one. */
export interface Bell {
  ring(): void;
  /** Until it is rung, or at once if it was rung since the last wait; or the time is over, or the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** What {@link lookOnNews} needs. */
export interface LookOptions {
  /** Whether what is looked for has come. */
  look: () => Promise<boolean>;
  bell: Bell;
  signal: AbortSignal;
  /** However much news comes, looks are so far apart (ms). */
  gapMs: number;
  /** Without news it looks this often (ms). */
  idleMs: number;
}

/** A bell. */
export function createBell(): Bell {
  let rung = false;
  let onRing = () => {};
  return {
    ring() {
      rung = true;
      onRing();
    },
    async wait(milliseconds, signal) {
      if (!rung) await pause(milliseconds, signal, (wake) => onRing = wake);
      rung = false;
      onRing = () => {};
    },
  };
}

/** Looks at once, and always once more after the last news. @returns whether it came; false: the signal came first */
export async function lookOnNews({ look, bell, signal, gapMs, idleMs }: LookOptions): Promise<boolean> {
  while (!signal.aborted) {
    if (await look()) return true;
    await pause(gapMs, signal);
    await bell.wait(Math.max(0, idleMs - gapMs), signal);
  }
  return false;
}

/** A time, or less if the signal aborts or what `onWake` is given is called. */
async function pause(
  milliseconds: number,
  signal: AbortSignal,
  onWake: (wake: () => void) => void = () => {},
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    onWake(done);
  });
}
