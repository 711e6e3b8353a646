/**
 * Where a robot stands: what it has earned, what its critic expects, how unusual its state is.
 * @module
 */
import { briefly } from "@cugro/report/words";
import { Meter } from "../parts/meter.tsx";
import type { Picture, Show } from "./show.ts";

const ENDS = { fell: "it fell", goal: "it reached the goal", block: "it touched the block" } as const;

const LESS_UNUSUAL = "Percent of the task's real states that are less unusual";

export function RobotStanding({ show, picture }: { show: Show; picture: Picture }) {
  show.beat.value;
  const player = picture.player.value;
  const standing = picture.driver?.standing;
  if (!player || !standing || !picture.driver) return null;
  const { steps, seconds, earned, judgement, end, fault } = standing;
  const { horizon } = picture.driver.world;
  const percentile = judgement?.percentile ?? null;
  return (
    <div class="robot-standing">
      <p class="who-acts">
        The {player.acting} of version {player.version}, in {player.where}.
        {end && <b>{` After ${seconds.toFixed(1)} s ${ENDS[end]}.`}</b>}
      </p>
      {fault !== undefined && <p class="fault" role="alert">It does not go on: {fault}</p>}
      <dl>
        <div>
          <dt>{steps > horizon ? `earned in ${horizon} steps` : "earned so far"}</dt>
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

function unusualWords(percentile: number | null, isUnusual: boolean | undefined): string {
  if (percentile === null) {
    return isUnusual === undefined ? "–" : isUnusual ? "outside the data's range" : "within range";
  }
  return `${percentile.toFixed(1)} %${isUnusual ? ", unlike the data" : ""}`;
}
