/**
 * The results matrix as a heatmap: a row a version, a column a task; the last row fills while its version is being made. Of a long one
 * the rows that are in view are drawn.
 * @module
 */
import { useRef } from "preact/hooks";
import type { History } from "@cugro/client";
import { versionsOf } from "../state/version_history.ts";
import { choose, type Query } from "../state/route.ts";
import { useGridKeys } from "./matrix_keys.ts";
import { Row } from "./matrix_row.tsx";
import { matrixRow, pendingRow } from "./matrix_rows.ts";
import { useWindow } from "./matrix_window.ts";

/** Of more cells than these only the rows in view are drawn. */
const MOST_CELLS = 1_500;

interface MatrixProps {
  learner: string;
  history: History;
  /** The version that serves. */
  head: number | null;
  query: Query;
}

export function ResultsMatrix({ learner, history, head, query }: MatrixProps) {
  const region = useRef<HTMLDivElement>(null);
  const { tasks } = history;
  const [versions, pending] = [versionsOf(history), pendingRow(history)];
  const count = versions.length + (pending ? 1 : 0);
  const isLong = count * tasks.length > MOST_CELLS;
  const view = useWindow(region, count, isLong);
  const keys = useGridKeys(region, { rows: count, columns: tasks.length, reveal: view.reveal });
  if (count === 0) return <p class="empty">There is no version yet.</p>;
  const shown = [
    ...versions.slice(view.from, view.to).map((version) => matrixRow(history, version, head)),
    ...pending && view.to === count ? [pending] : [],
  ];
  return (
    <div
      ref={region}
      class={isLong ? "scroll long" : "scroll"}
      tabIndex={0}
      role="region"
      aria-label={`Results matrix, ${count} rows. Arrow keys move from cell to cell`}
      onScroll={view.onScroll}
      {...keys}
    >
      <div style={{ paddingTop: `${view.before}px`, paddingBottom: `${view.after}px` }}>
        <table class="matrix" role="grid" aria-rowcount={count + 1} aria-label="Results matrix">
          <Heads tasks={tasks} chosen={query.task} />
          <tbody>
            {shown.map((row, place) => (
              <Row key={view.from + place} learner={learner} index={view.from + place} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Heads({ tasks, chosen }: { tasks: History["tasks"]; chosen: string | undefined }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col">version</th>
        <th scope="col">average</th>
        {tasks.map(({ task, name }, column) => {
          const isChosen = chosen === String(task);
          return (
            <th scope="col" key={task} title={name}>
              <button
                type="button"
                class="plain"
                tabIndex={-1}
                data-at={`-1 ${column}`}
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
