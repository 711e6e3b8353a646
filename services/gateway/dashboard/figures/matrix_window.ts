/**
 * Which rows of a long matrix are in view: the others are room above and below. It opens at the newest, which are the last.
 * @module
 */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows beyond what is in view, above and below, so that something is there while one scrolls. */
const MARGIN = 4;
/** Until they are measured: pixels of a row, rows in view. */
const GUESSED_PX = 72;
const GUESSED_ROWS = 10;

/** Rows `from` up to `to` are drawn; `before` and `after`: pixels of those that are not. */
export interface MatrixWindow {
  from: number;
  to: number;
  before: number;
  after: number;
  onScroll: () => void;
  /** Brings a row into view. */
  reveal: (row: number) => void;
}

/** The rows that are in view, of all that there are. @param isLong else all of them are drawn */
export function rowsInView(
  { top, height, rowPx }: { top: number; height: number; rowPx: number },
  count: number,
): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowPx) - MARGIN));
  const to = Math.min(count, Math.max(from, Math.ceil((top + height) / rowPx) + MARGIN));
  return { from, to };
}

/** Follows the scrolling of a region. */
export function useWindow(
  region: RefObject<HTMLElement | null>,
  count: number,
  isLong: boolean,
): MatrixWindow {
  const [{ from, to }, show] = useState({ from: Math.max(0, count - GUESSED_ROWS), to: count });
  const place = useRef({ rowPx: GUESSED_PX, isAtEnd: true });
  const look = () => {
    const host = region.current;
    if (!host || !isLong) return;
    place.current.rowPx = pitchOf(host) ?? place.current.rowPx;
    place.current.isAtEnd = host.scrollTop + host.clientHeight > host.scrollHeight - 2;
    const next = rowsInView(
      { top: host.scrollTop, height: host.clientHeight, rowPx: place.current.rowPx },
      count,
    );
    show((before) => before.from === next.from && before.to === next.to ? before : next);
  };
  useLayoutEffect(() => {
    const host = region.current;
    if (!host || !isLong) return;
    // What was at the newest stays there when rows have come, or have turned out to be higher.
    if (place.current.isAtEnd) host.scrollTop = host.scrollHeight;
    look();
  });
  const { rowPx } = place.current;
  if (!isLong) return { from: 0, to: count, before: 0, after: 0, onScroll: look, reveal: () => {} };
  const first = Math.min(from, count);
  const last = Math.min(Math.max(to, first), count);
  return {
    ...{ from: first, to: last, before: first * rowPx, after: (count - last) * rowPx, onScroll: look },
    reveal(row) {
      if (region.current && row >= 0) scrollTo(region.current, row * rowPx, rowPx);
      look();
    },
  };
}

/** Scrolls as far as is needed to have a row in view, below the names. */
function scrollTo(host: HTMLElement, top: number, rowPx: number): void {
  const head = host.querySelector("thead")?.clientHeight ?? 0;
  if (top < host.scrollTop) host.scrollTop = top;
  const bottom = top + rowPx + head - host.clientHeight;
  if (bottom > host.scrollTop) host.scrollTop = bottom;
}

/** From one row to the next (px). */
function pitchOf(host: HTMLElement): number | undefined {
  const [first, second] = host.querySelectorAll<HTMLElement>("tbody tr");
  const pitch = first && second ? second.offsetTop - first.offsetTop : 0;
  return pitch > 0 ? pitch : undefined;
}
