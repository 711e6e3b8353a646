/**
 * Both learners over their versions, on the same axes: the average performance, or the score of a task that both have.
 * @module
 */
import type { Chart, Line } from "../parts/line_chart.tsx";
import { LineChart } from "../parts/line_chart.tsx";
import { choose } from "../state/route.ts";
import { numbersOf, validVersionsOf } from "../state/version_history.ts";
import type { Compared } from "./compared_versions.ts";
import type { KnownSide } from "./sides.ts";

/** The chart, and what it is of. */
export function CompareLines(
  { left, right, compared, task }: {
    left: KnownSide;
    right: KnownSide;
    compared: Compared | undefined;
    task: string | undefined;
  },
) {
  const chosen = compared?.both.find((one) => String(one.left) === task);
  // One learner is one line: its versions are marked by the table above.
  const isOne = left.learner.name === right.learner.name;
  const chart = chartOf([
    { side: left, task: chosen?.left, colour: 0, name: `${isOne ? "" : "left: "}${left.learner.name}` },
    ...isOne ? [] : [{ side: right, task: chosen?.right, colour: 1, name: `right: ${right.learner.name}` }],
  ]);
  return (
    <>
      <TaskChoice both={compared?.both ?? []} chosen={chosen?.left} />
      {chart.x.length === 0 ? <p class="empty">There is no version yet.</p> : (
        <LineChart
          label={chosen
            ? "Score of the task over versions, of both learners, with intervals"
            : "Average performance over versions, of both learners"}
          chart={chart}
          look={{ x: "version", y: "score", hasWholeX: true, reaches: [0, 100], height: 280 }}
        />
      )}
    </>
  );
}

function TaskChoice({ both, chosen }: { both: Compared["both"]; chosen: number | undefined }) {
  return (
    <label class="choice">
      Look at{" "}
      <select
        value={chosen === undefined ? "" : String(chosen)}
        onChange={(event) => choose({ task: event.currentTarget.value || undefined })}
      >
        <option value="">the average performance</option>
        {both.map(({ left, name }) => <option key={left} value={String(left)}>task {left}: {name}</option>)}
      </select>
    </label>
  );
}

/** Versions that are seen as points. */
const FEW = 60;

interface Drawn {
  side: KnownSide;
  task: number | undefined;
  colour: number;
  name: string;
}

function chartOf(drawn: readonly Drawn[]): Chart {
  const valid = drawn.map(({ side }) => validVersionsOf(side.history));
  const x = [...new Set(valid.flatMap((one) => one.map(({ version }) => version)))].sort((a, b) => a - b);
  const lines = drawn.map(({ side, task, colour, name }, index): Line => {
    const own = valid[index]!;
    const placed = (values: readonly (number | null)[]) => {
      const byVersion = new Map(own.map(({ version }, place) => [version, values[place] ?? null]));
      return x.map((version) => byVersion.get(version) ?? null);
    };
    const look = { name, colour, hasPoints: x.length < FEW };
    if (task === undefined) return { ...look, values: placed(own.map(({ average }) => average)) };
    const of = (end: "score" | "low" | "high") => placed(numbersOf(side.history, end, task, own));
    return { ...look, values: of("score"), low: of("low"), high: of("high") };
  });
  return { x, lines };
}
