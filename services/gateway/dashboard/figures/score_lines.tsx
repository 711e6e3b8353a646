/**
 * The score of every task over the versions. One task can be looked at alone: then its intervals and what the gate holds it to are drawn.
 * @module
 */
import type { Results, VersionSummary } from "@cugro/client";
import { type Chart, type Line, LineChart } from "../parts/line_chart.tsx";
import { choose, type Query } from "../state/route.ts";
import { type MatrixRow, matrixRows } from "./matrix_rows.ts";

export function ScoreLines(
  { results, versions, query }: { results: Results; versions: readonly VersionSummary[]; query: Query },
) {
  const valid = versions.filter(({ version }) => results.versions.includes(version));
  const rows = matrixRows({ ...results, pending: null }, valid);
  const task = results.tasks.find((one) => String(one.task) === query.task);
  if (rows.length === 0) return <p class="empty">There is no version yet.</p>;
  const chart = task ? chartOfTask(rows, task.task) : chartOfAll(rows, results);
  return (
    <>
      <label class="choice">
        Look at{" "}
        <select
          value={query.task ?? ""}
          onChange={(event) => choose({ task: event.currentTarget.value || undefined })}
        >
          <option value="">all tasks</option>
          {results.tasks.map(({ task, name }) => (
            <option key={task} value={String(task)}>task {task}: {name}</option>
          ))}
        </select>
      </label>
      <LineChart
        label={task
          ? `Score of task ${task.task} over versions, with intervals and bounds`
          : "Score of every task over versions"}
        chart={chart}
        look={{ x: "version", y: "score", hasWholeX: true, reaches: [0, 100], height: 280 }}
      />
    </>
  );
}

const versionsOf = (rows: readonly MatrixRow[]) => rows.map(({ version }) => version!);

function chartOfAll(rows: readonly MatrixRow[], { tasks }: Results): Chart {
  const average: Line = {
    ...{ name: "average", colour: 7, values: rows.map(({ average }) => average), isDashed: true },
    hasPoints: rows.length < 60,
  };
  const lines = tasks.map(({ task }, column): Line => ({
    ...{ name: `task ${task}`, colour: task - 1, values: rows.map(({ cells }) => cells[column]!.score) },
    ...{ hasPoints: rows.length < 60, isFaint: tasks.length > 8 },
  }));
  const marks = rows.flatMap(({ version, cells }) =>
    cells.flatMap(({ score, drop }) =>
      drop === null || score === null ? [] : [{ x: version!, y: score, text: "▼" }]
    )
  );
  return { x: versionsOf(rows), lines: [...lines, average], marks };
}

function chartOfTask(rows: readonly MatrixRow[], task: number): Chart {
  const cells = rows.map((row) => row.cells.find((cell) => cell.task === task)!);
  const of = (name: "score" | "low" | "high" | "lowest") => cells.map((cell) => cell[name]);
  const score: Line = {
    ...{ name: `task ${task}`, colour: task - 1, values: of("score"), low: of("low"), high: of("high") },
    hasPoints: rows.length < 60,
  };
  const bound: Line = {
    name: "lowest that the gate accepts",
    colour: 5,
    values: of("lowest"),
    isDashed: true,
  };
  const marks = cells.flatMap(({ score, drop, isSure }, index) =>
    drop === null || score === null
      ? []
      : [{ x: rows[index]!.version!, y: score, text: `▼ ${drop.toFixed(1)}${isSure ? "" : "?"}` }]
  );
  return { x: versionsOf(rows), lines: [score, bound], marks };
}
