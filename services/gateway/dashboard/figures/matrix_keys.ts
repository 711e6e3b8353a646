/**
 * Keys in the results matrix: one cell of it is reached by the tabulator key, the others from there by arrows.
 * @module
 */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Row -1 is that of the tasks' names, column -1 that of the versions'. */
export interface Place {
  row: number;
  column: number;
}

/** The size of the matrix. */
export interface Grid {
  rows: number;
  columns: number;
  /** Draws a row that may not be drawn yet. */
  reveal: (row: number) => void;
}

/** Rows that a page is. */
const PAGE = 10;
const STEPS: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ...{ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] },
  ...{ PageUp: [-PAGE, 0], PageDown: [PAGE, 0] },
  ...{ Home: [0, -Infinity], End: [0, Infinity] },
};

/** Where a key leads from a place; undefined: it does not. With `isFar` to the first or last row. */
export function placeAfter(
  { row, column }: Place,
  key: string,
  { rows, columns }: Pick<Grid, "rows" | "columns">,
  isFar = false,
): Place | undefined {
  const step = STEPS[key];
  if (!step) return undefined;
  const limited = (value: number, most: number) => Math.max(-1, Math.min(most - 1, value));
  const far = key === "Home" ? -Infinity : Infinity;
  const next = {
    row: limited(isFar && (key === "Home" || key === "End") ? far : row + step[0], rows),
    column: limited(column + step[1], columns),
  };
  // The corner cell is empty.
  if (next.row === -1 && next.column === -1) return row === -1 ? { row, column: 0 } : { row: 0, column: -1 };
  return next;
}

/** Listens in a region whose cells say where they are (`data-at="row column"`). */
export function useGridKeys(region: RefObject<HTMLElement | null>, grid: Grid) {
  const at = useRef<Place | undefined>(undefined);
  const reached = useRef<HTMLElement | undefined>(undefined);
  const isMoved = useRef(false);
  const find = ({ row, column }: Place) =>
    region.current?.querySelector<HTMLElement>(`[data-at="${row} ${column}"]`) ?? undefined;
  useEffect(() => {
    const newest = () => [...region.current?.querySelectorAll<HTMLElement>("tbody [data-at]") ?? []].at(-1);
    const cell = (at.current && find(at.current)) ?? newest();
    if (reached.current !== cell) reached.current?.setAttribute("tabindex", "-1");
    cell?.setAttribute("tabindex", "0");
    reached.current = cell;
    if (isMoved.current) cell?.focus();
    isMoved.current = false;
  });
  return {
    onFocusIn({ target }: FocusEvent) {
      const place = placeOf(target);
      if (place) at.current = place;
    },
    onKeyDown(event: KeyboardEvent) {
      const from = placeOf(event.target);
      if (!from || event.altKey || event.metaKey) return;
      const next = placeAfter(from, event.key, grid, event.ctrlKey);
      if (!next) return;
      event.preventDefault();
      event.stopPropagation();
      at.current = next;
      grid.reveal(next.row);
      const cell = find(next);
      // It appears with the next drawing.
      if (cell) cell.focus();
      else isMoved.current = true;
    },
  };
}

function placeOf(target: EventTarget | null): Place | undefined {
  const text = target instanceof HTMLElement ? target.dataset.at : undefined;
  if (text === undefined) return undefined;
  const [row, column] = text.split(" ").map(Number);
  return { row: row!, column: column! };
}
