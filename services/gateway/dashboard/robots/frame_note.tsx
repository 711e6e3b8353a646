/**
 * How long frames take here: our own work, and what is seen of it.
 * @module
 */
import type { Show } from "./show.ts";

export function FrameNote({ show }: { show: Show }) {
  // A tenth as often as there is news.
  const turn = Math.floor(show.beat.value / 10);
  const { frames, workP95, workMedian, drawMedian, perSecond } = show.figures();
  if (show.renderer.value === undefined || frames === 0) return null;
  return (
    <p class="frame-note quiet" data-turn={turn}>
      {perSecond.toFixed(0)} frames a second, drawn by{" "}
      <span class="user-text">{show.renderer.value}</span>. Physics, policies and scenes take{" "}
      {workMedian.toFixed(1)} ms of a frame, at most {workP95.toFixed(1)}{" "}
      ms in 95 % of them; handing it to the browser {drawMedian.toFixed(1)} ms.
    </p>
  );
}
