/**
 * The critic's value and how unusual states are, of both robots, as they move.
 * @module
 */
import { type Chart, LineChart } from "../parts/line_chart.tsx";
import type { Trace } from "./driver.ts";
import { isRecording, type Picture, type Show, type Shown } from "./show.ts";

/** Beats between two drawings. */
const EVERY = 4;

export function RobotCurves({ show }: { show: Show }) {
  const turn = Math.floor(show.beat.value / EVERY);
  const shown = show.pictures.filter(({ shown }) => shown.value);
  if (shown.length === 0) return null;
  return (
    <div class="robot-curves" data-turn={turn}>
      <LineChart
        label="The critic's value of what the robots do, over simulated seconds"
        chart={chartOf(shown, "values")}
        look={{ x: "seconds", y: "critic's value", height: 170 }}
      />
      <LineChart
        label="How unusual the robots' states are, over simulated seconds"
        chart={chartOf(shown, "percentiles")}
        look={{ x: "seconds", y: "% less unusual", height: 170, reaches: [0, 100] }}
      />
    </div>
  );
}

/** Both over the same seconds; where one has no entry there is a gap that is drawn through. */
function chartOf(pictures: readonly Picture[], of: "values" | "percentiles"): Chart {
  const x = [...new Set(pictures.flatMap(({ driver }) => driver?.trace.seconds ?? []))].sort((a, b) => a - b);
  const place = new Map(x.map((seconds, i) => [seconds, i]));
  const lines = pictures.map(({ shown, driver }, index) => ({
    ...{ name: nameOf(shown.value!), colour: index, values: placed(driver?.trace, of, place, x.length) },
  }));
  return { x, lines };
}

const nameOf = (shown: Shown) =>
  isRecording(shown) ? `the data, episode ${shown.episode}` : `${shown.learner}, version ${shown.version}`;

function placed(
  trace: Trace | undefined,
  of: "values" | "percentiles",
  place: ReadonlyMap<number, number>,
  count: number,
) {
  const values = Array<number | null>(count).fill(null);
  trace?.seconds.forEach((seconds, i) => values[place.get(seconds)!] = trace[of][i] ?? null);
  return values;
}
