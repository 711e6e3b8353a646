/**
 * The results matrix as a heatmap: a row a version, a column a task; the last row fills while its version is being made.
 * @module
 */
import type { Results, VersionSummary } from "@cugro/client";
import { briefly, figure } from "@cugro/report/words";
import { StateMark } from "../parts/state_mark.tsx";
import { choose, type Query, toLearner } from "../state/route.ts";
import { heatOf, type MatrixCell, type MatrixRow, matrixRows } from "./matrix_rows.ts";

/** More cells than these are not drawn at once: the newest rows are. */
const MOST_CELLS = 1_500;

export function ResultsMatrix(
  { learner, results, versions, query }: {
    learner: string;
    results: Results;
    versions: readonly VersionSummary[];
    query: Query;
  },
) {
  const rows = matrixRows(results, versions);
  if (rows.length === 0) return <p class="empty">There is no version yet.</p>;
  const most = query.rows === "all"
    ? Infinity
    : Math.max(5, Math.floor(MOST_CELLS / Math.max(1, results.tasks.length)));
  const hidden = Math.max(0, rows.length - most);
  return (
    <>
      {hidden > 0 && (
        <p class="note">
          {hidden} earlier versions are not shown.{" "}
          <button type="button" class="small" onClick={() => choose({ rows: "all" })}>
            Show all {rows.length}
          </button>
        </p>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label="Results matrix">
        <table class="matrix">
          <Heads tasks={results.tasks} chosen={query.task} />
          <tbody>
            {rows.slice(hidden).map((row) => (
              <Row key={row.version ?? "pending"} learner={learner} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Heads({ tasks, chosen }: { tasks: Results["tasks"]; chosen: string | undefined }) {
  return (
    <thead>
      <tr>
        <th scope="col">version</th>
        <th scope="col">average</th>
        {tasks.map(({ task, name }) => {
          const isChosen = chosen === String(task);
          return (
            <th scope="col" key={task} title={name}>
              <button
                type="button"
                class="plain"
                aria-pressed={isChosen}
                onClick={() => choose({ task: isChosen ? undefined : String(task) })}
              >
                task {task}
              </button>
              <span class="task-name">{name}</span>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Row(
  { learner, row: { version, learnt, state, average, cells } }: { learner: string; row: MatrixRow },
) {
  return (
    <tr class={version === null ? "pending" : ""}>
      <th scope="row">
        {version === null ? "next" : <a href={toLearner(learner, "versions", version)}>version {version}</a>}
        <small>learns task {learnt}</small>
        <StateMark state={state} />
      </th>
      <td class="average">{figure(average)}</td>
      {cells.map((cell) => (
        <Cell key={cell.task} learner={learner} cell={cell} isLearnt={cell.task === learnt} />
      ))}
    </tr>
  );
}

function Cell({ learner, cell, isLearnt }: { learner: string; cell: MatrixCell; isLearnt: boolean }) {
  if (cell.state === "none") {
    return (
      <td class="nothing">
        <span aria-label="not known to it">·</span>
      </td>
    );
  }
  if (cell.state === "waiting") {
    return (
      <td class="waiting">
        <span>waits</span>
      </td>
    );
  }
  const { score, value, low, high, episodes, drop, isSure, job } = cell;
  const heat = score === null ? "heat-none" : `heat-${heatOf(score)}`;
  const text = (
    <>
      <b>{score === null ? briefly(value) : figure(score)}</b>
      <small>{describe(cell)}</small>
      {drop !== null && <span class="drop">▼ {figure(drop)}{isSure ? "" : "?"}</span>}
    </>
  );
  const title = `${
    low === null ? "" : `90 % interval ${figure(low)} … ${figure(high)}, `
  }${episodes} episodes`;
  return (
    <td class={`${heat}${isLearnt ? " learnt" : ""}`} title={title}>
      {job === null ? <span>{text}</span> : <a href={toLearner(learner, "jobs", job)}>{text}</a>}
    </td>
  );
}

function describe({ score, low, high, episodes, estimate }: MatrixCell): string {
  if (score === null) return estimate === null ? "value" : `estimated ${figure(estimate)}`;
  return low === null ? `n = ${episodes}` : `${figure(low)} … ${figure(high)}`;
}
