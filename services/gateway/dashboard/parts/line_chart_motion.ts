/**
 * Moving about in a chart: by keys where it has the focus, by the wheel with Alt; a drag with the mouse shows what was marked, and a
 * double click all of it, which uPlot does by itself. Redraws take what is in view alone.
 * @module
 */
import type uPlot from "uplot";

/** In words, for people. */
export const MOTION_KEYS = "Drag to look closer, double-click for all. Keys: + - ← → 0; Alt and wheel";

const KEYS: Readonly<Record<string, { zoom: number; pan: number }>> = {
  "+": { zoom: 0.6, pan: 0 },
  "=": { zoom: 0.6, pan: 0 },
  "-": { zoom: 1 / 0.6, pan: 0 },
  ArrowLeft: { zoom: 1, pan: -0.2 },
  ArrowRight: { zoom: 1, pan: 0.2 },
  "0": { zoom: Infinity, pan: 0 },
};

/** Listens on a chart, until the returned function is called. */
export function followMotion(plot: uPlot): () => void {
  const host = plot.root.parentElement!;
  const onKey = (event: KeyboardEvent) => {
    const motion = KEYS[event.key];
    if (!motion || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(plot, motion, 0.5);
  };
  const onWheel = (event: WheelEvent) => {
    // Without the key the page is scrolled, as everywhere.
    if (!event.altKey) return;
    event.preventDefault();
    const box = plot.over.getBoundingClientRect();
    const isPan = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isPan) return move(plot, { zoom: 1, pan: event.deltaX / Math.max(1, box.width) }, 0.5);
    move(
      plot,
      { zoom: Math.exp(event.deltaY / 400), pan: 0 },
      (event.clientX - box.left) / Math.max(1, box.width),
    );
  };
  host.addEventListener("keydown", onKey);
  host.addEventListener("wheel", onWheel, { passive: false });
  return () => {
    host.removeEventListener("keydown", onKey);
    host.removeEventListener("wheel", onWheel);
  };
}

/** @param at where the zoom has its centre, as a share of what is in view */
function move(plot: uPlot, { zoom, pan }: { zoom: number; pan: number }, at: number): void {
  const [x] = plot.data;
  const { min, max } = plot.scales.x!;
  if (x.length < 2 || typeof min !== "number" || typeof max !== "number") return;
  const [first, last] = [x[0]!, x[x.length - 1]!];
  const width = Math.min((max - min) * zoom, last - first);
  const from = min + (max - min) * at - width * at + pan * (max - min);
  const start = Math.min(Math.max(from, first), last - width);
  plot.setScale("x", { min: start, max: start + width });
}
