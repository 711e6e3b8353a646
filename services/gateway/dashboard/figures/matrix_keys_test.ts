import { assertEquals } from "@std/assert";
import { placeAfter } from "./matrix_keys.ts";
import { rowsInView } from "./matrix_window.ts";

const GRID = { rows: 500, columns: 50 };

Deno.test("placeAfter() leads to every cell, to versions and tasks, and never out of the matrix", () => {
  const from = (row: number, column: number, key: string, isFar = false) => {
    const next = placeAfter({ row, column }, key, GRID, isFar);
    return next && [next.row, next.column];
  };
  assertEquals(from(3, 4, "ArrowDown"), [4, 4]);
  assertEquals(from(0, 4, "ArrowUp"), [-1, 4], "the tasks' names");
  assertEquals(from(3, 0, "ArrowLeft"), [3, -1], "the versions' names");
  assertEquals([from(-1, 0, "ArrowLeft"), from(0, -1, "ArrowUp")], [[-1, 0], [0, -1]], "no corner");
  assertEquals([from(499, 49, "ArrowDown"), from(499, 49, "ArrowRight")], [[499, 49], [499, 49]]);
  assertEquals([from(8, 7, "Home"), from(8, 7, "End")], [[8, -1], [8, 49]]);
  assertEquals([from(8, 7, "End", true), from(8, 7, "Home", true)], [[499, 49], [0, -1]]);
  assertEquals([from(495, 7, "PageDown"), from(3, 7, "PageUp")], [[499, 7], [-1, 7]]);
  assertEquals([from(3, 4, "a"), from(3, 4, "Enter")], [undefined, undefined]);
});

Deno.test("rowsInView() are those of a region and some around it, also at both ends", () => {
  const at = (top: number) => rowsInView({ top, height: 700, rowPx: 70 }, 500);
  assertEquals(at(0), { from: 0, to: 14 });
  assertEquals(at(7_000), { from: 96, to: 114 });
  assertEquals(at(34_300), { from: 486, to: 500 });
  assertEquals(rowsInView({ top: 0, height: 0, rowPx: 70 }, 0), { from: 0, to: 0 });
});
