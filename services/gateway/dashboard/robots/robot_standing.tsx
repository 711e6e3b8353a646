/**
 * Where a robot stands: what it has earned, what its critic expects, how unusual its state is.
 * @module
 */
import { briefly } from "@cugro/report/words";
import { Meter } from "../parts/meter.tsx";
import { isRecording, type Picture, type Show, type Shown } from "./show.ts";

const ENDS = {
  ...{ fell: "it fell", goal: "it reached the goal", block: "it touched the block" },
  over: "the episode was over",
} as const;

const LESS_UNUSUAL = "Percent of the task's real states that are less unusual";

export function RobotStanding({ show, picture }: { show: Show; picture: Picture }) {
  show.beat.value;
  const shown = picture.shown.value;
  if (!shown || !picture.driver) return null;
  const { world, standing: { steps, seconds, earned, judgement, end, fault } } = picture.driver;
  // Rewards of a policy are counted as far as an episode goes, those that were recorded to their end.
  const isBeyond = !isRecording(shown) && steps > world.horizon;
  const earnedIn = isBeyond ? `earned in ${world.horizon} steps` : "earned so far";
  const percentile = judgement?.percentile ?? null;
  return (
    <div class="robot-standing">
      <p class="who-acts">
        {whoActs(shown, world.follows)}
        {end && <b>{` After ${seconds.toFixed(1)} s ${ENDS[end]}.`}</b>}
      </p>
      {fault !== undefined && <p class="fault" role="alert">It has stopped: {fault}</p>}
      <dl>
        <div>
          <dt>{earnedIn}</dt>
          <dd>{briefly(earned)}</dd>
        </div>
        <div>
          <dt>step</dt>
          <dd>{steps}</dd>
        </div>
        <div>
          <dt>critic's value</dt>
          <dd>{briefly(judgement?.value)}</dd>
        </div>
        <div class={judgement?.isUnusual ? "unusual" : ""}>
          <dt>how unusual</dt>
          <dd>
            {unusualWords(percentile, judgement?.isUnusual)}
            <Meter value={(percentile ?? 0) / 100} label={LESS_UNUSUAL} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

function whoActs(shown: Shown, follows: boolean): string {
  if (!isRecording(shown)) return `The ${shown.acting} of version ${shown.version}, in ${shown.where}.`;
  const { episode, task, version, rows: { steps } } = shown;
  const place = follows ? " The robot's position was not recorded, so it stays in place." : "";
  return `Episode ${episode} of the data of task ${task}: ${steps} steps as they were recorded, ` +
    `judged by the critic of version ${version}.${place}`;
}

function unusualWords(percentile: number | null, isUnusual: boolean | undefined): string {
  if (percentile === null) {
    return isUnusual === undefined ? "–" : isUnusual ? "outside the data's range" : "within range";
  }
  return `${percentile.toFixed(1)} %${isUnusual ? ", unlike the data" : ""}`;
}
