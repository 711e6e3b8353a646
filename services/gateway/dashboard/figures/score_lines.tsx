/**
 * The score of every task over the versions. One task can be looked at alone: then its intervals and what the gate holds it to are drawn.
 * @module
 */
import { useMemo } from "preact/hooks";
import type { History } from "@cugro/client";
import { type Chart, type Line, LineChart, type Mark } from "../parts/line_chart.tsx";
import { type ListedVersion, numbersOf, validVersionsOf } from "../state/version_history.ts";
import { choose, type Query } from "../state/route.ts";
import { dropOf } from "./matrix_rows.ts";

export function ScoreLines({ history, query }: { history: History; query: Query }) {
  const task = history.tasks.find((one) => String(one.task) === query.task)?.task;
  const chart = useMemo(() => {
    const versions = validVersionsOf(history);
    return task === undefined ? chartOfAll(history, versions) : chartOfTask(history, versions, task);
  }, [history, task]);
  if (chart.x.length === 0) return <p class="empty">There is no version yet.</p>;
  return (
    <>
      <label class="choice">
        Look at{" "}
        <select
          value={query.task ?? ""}
          onChange={(event) => choose({ task: event.currentTarget.value || undefined })}
        >
          <option value="">all tasks</option>
          {history.tasks.map(({ task, name }) => (
            <option key={task} value={String(task)}>task {task}: {name}</option>
          ))}
        </select>
      </label>
      <LineChart
        label={task === undefined
          ? "Score of every task over versions"
          : `Score of task ${task} over versions, with intervals and bounds`}
        chart={chart}
        look={{ x: "version", y: "score", hasWholeX: true, reaches: [0, 100], height: 280 }}
      />
    </>
  );
}

/** Points are seen one by one. */
const FEW = 60;
const FEW_TASKS = 8;

function chartOfAll(history: History, versions: readonly ListedVersion[]): Chart {
  const hasPoints = versions.length < FEW;
  const average: Line = {
    ...{ name: "average", colour: 7, values: versions.map(({ average }) => average), isDashed: true },
    hasPoints,
  };
  const lines = history.tasks.map(({ task }): Line => ({
    ...{ name: `task ${task}`, colour: task - 1, values: numbersOf(history, "score", task, versions) },
    ...{ hasPoints, isFaint: history.tasks.length > FEW_TASKS },
  }));
  const marks = history.tasks.flatMap(({ task }) => dropsOf(history, versions, task));
  return {
    x: versions.map(({ version }) => version),
    lines: [...lines, average],
    marks: marks.map((mark) => ({ ...mark, text: "" })),
  };
}

function chartOfTask(history: History, versions: readonly ListedVersion[], task: number): Chart {
  const of = (name: keyof History["cells"]) => numbersOf(history, name, task, versions);
  const score: Line = {
    ...{ name: `task ${task}`, colour: task - 1, values: of("score"), low: of("low"), high: of("high") },
    hasPoints: versions.length < FEW,
  };
  const bound: Line = {
    name: "lowest that the gate accepts",
    colour: 5,
    values: of("lowest"),
    isDashed: true,
  };
  return {
    x: versions.map(({ version }) => version),
    lines: [score, bound],
    marks: dropsOf(history, versions, task),
  };
}

/** Where a task fell further than the gate allows. */
function dropsOf(history: History, versions: readonly ListedVersion[], task: number): Mark[] {
  const of = (name: keyof History["cells"]) => numbersOf(history, name, task, versions);
  const [scores, highs, lowest, bests] = [of("score"), of("high"), of("lowest"), of("best")];
  return versions.flatMap(({ version }, index) => {
    const score = scores[index]!;
    const { drop, isSure } = dropOf(score, highs[index]!, lowest[index]!, bests[index]!);
    if (drop === null || score === null) return [];
    return [{ x: version, y: score, text: `${drop.toFixed(1)}${isSure ? "" : "?"}` }];
  });
}
