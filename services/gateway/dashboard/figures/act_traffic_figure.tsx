/**
 * Requests to the learner's policies in the last hour, and how many observations were unlike their task's data.
 * @module
 */
import type { Traffic } from "@cugro/client";
import { DataTable } from "../parts/data_table.tsx";

const MINUTE_MS = 60_000;
const MINUTES = 60;

export function ActTraffic({ traffic }: { traffic: Traffic }) {
  const { tasks } = traffic;
  if (tasks.length === 0) {
    return <p class="empty">No policy of this learner was asked to act in the last hour.</p>;
  }
  return (
    <DataTable
      label="Observations to act on"
      heads={["task", "observations", "requests", "unusual", "in the last hour"]}
    >
      {tasks.map(({ task, minutes }) => {
        const sum = (name: "observations" | "requests" | "unusual") =>
          minutes.reduce((total, minute) => total + minute[name], 0);
        const share = sum("unusual") / Math.max(1, sum("observations"));
        return (
          <tr key={task}>
            <td>task {task}</td>
            <td>{sum("observations").toLocaleString("en")}</td>
            <td>{sum("requests").toLocaleString("en")}</td>
            <td class={share >= 0.05 ? "bad" : ""}>{(100 * share).toFixed(1)} %</td>
            <td>
              <Minutes task={task} minutes={minutes} />
            </td>
          </tr>
        );
      })}
    </DataTable>
  );
}

function Minutes({ task, minutes }: Traffic["tasks"][number]) {
  const now = Math.floor(Date.now() / MINUTE_MS);
  const most = Math.max(...minutes.map(({ observations }) => observations));
  return (
    <svg
      class="minutes"
      viewBox={`0 0 ${MINUTES * 4} 32`}
      role="img"
      aria-label={`Observations of task ${task} a minute`}
    >
      {minutes.map(({ at, observations, unusual }) => {
        const x = (MINUTES - 1 - (now - Math.floor(Date.parse(at) / MINUTE_MS))) * 4;
        const [all, odd] = [observations / most * 30, unusual / most * 30];
        return (
          <g key={at}>
            <rect x={x} y={32 - all} width={3} height={all} />
            <rect class="odd" x={x} y={32 - odd} width={3} height={odd} />
          </g>
        );
      })}
    </svg>
  );
}
