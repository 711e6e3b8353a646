/**
 * Frames: what is done in each, and how long that takes.
 * @module
 */

/** Frames that figures are about. */
const REMEMBERED = 600;
/** A page that was in the background continues as if it had been away for this long (s). */
const LONGEST = 0.1;

/** How long frames take, ms: our own work in them, and the time from one to the next. */
export interface FrameFigures {
  frames: number;
  workP95: number;
  workMedian: number;
  /** Handing the pictures to the browser. */
  drawMedian: number;
  perSecond: number;
}

export interface Frames {
  figures(): FrameFigures;
  stop(): void;
}

/** Does the work of each frame, then draws it, until stopped. @param work is given the seconds since the last frame; false: there is nothing to do */
export function runFrames(work: (seconds: number) => boolean, draw: () => void): Frames {
  const works: number[] = [], draws: number[] = [], gaps: number[] = [];
  let last: number | undefined;
  let isDue = false;
  const workFrame = (now: number) => {
    requests[0] = requestAnimationFrame(workFrame);
    const since = last === undefined ? 0 : (now - last) / 1000;
    const gap = last === undefined ? undefined : now - last;
    last = now;
    const begun = performance.now();
    isDue = work(Math.min(LONGEST, since));
    if (!isDue) return;
    if (gap !== undefined) keep(gaps, gap);
    keep(works, performance.now() - begun);
  };
  const drawFrame = () => {
    requests[1] = requestAnimationFrame(drawFrame);
    if (!isDue) return;
    const begun = performance.now();
    draw();
    keep(draws, performance.now() - begun);
  };
  // Two functions a frame, so that the browser's own tools tell the two apart, too.
  const requests = [requestAnimationFrame(workFrame), requestAnimationFrame(drawFrame)];
  return {
    figures: () => ({
      frames: works.length,
      workP95: share(works, 0.95),
      workMedian: share(works, 0.5),
      drawMedian: share(draws, 0.5),
      perSecond: gaps.length === 0 ? 0 : 1000 * gaps.length / gaps.reduce((sum, gap) => sum + gap, 0),
    }),
    stop: () => requests.forEach((request) => cancelAnimationFrame(request)),
  };
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > REMEMBERED) values.shift();
}

function share(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? 0;
}
