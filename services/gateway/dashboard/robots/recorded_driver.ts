/**
 * A world that is put from one recorded state into the next, at the pace at which robots act beside it: nothing is simulated.
 * @module
 */
import type { ShownWorld } from "@cugro/environments/shown";
import { begun, type Driver, guarded, note, STEPS_AT_ONCE, stepSeconds } from "./driver.ts";
import type { RecordedRows, Recording } from "./recorded_episode.ts";

type Played = Pick<Recording, "judge" | "close"> & { rows: RecordedRows };

/** Plays an episode in a world. @throws Error where the states are none of that robot */
export function createRecordedDriver(world: ShownWorld, { rows, judge, close }: Played): Driver {
  assertPoses(rows, world);
  const driver = { world, standing: begun(), trace: { seconds: [], values: [], percentiles: [] } };
  const { standing, trace } = driver;
  const length = stepSeconds(world);
  let [row, owed] = [0, 0];
  const stepOn = () => {
    const action = Float32Array.from(rows.actions[row]!);
    standing.judgement = judge(Float32Array.from(rows.states[row]!), action);
    const span = spanOf(rows, row);
    standing.steps += span;
    standing.seconds += span * length;
    standing.earned += rows.rewards[row] ?? 0;
    note(trace, standing);
    const next = rows.states[++row];
    if (next) world.show(next);
    else standing.end = "over";
  };
  return {
    ...driver,
    // Where it begins is recorded: seeds change nothing.
    reset() {
      [row, owed] = [0, 0];
      Object.assign(standing, begun());
      for (const values of Object.values(trace)) values.length = 0;
      world.show(rows.states[0]!);
    },
    move(seconds) {
      owed = Math.min(owed + seconds, Math.max(STEPS_AT_ONCE, spanOf(rows, row)) * length);
      while (!standing.end && standing.fault === undefined && owed >= spanOf(rows, row) * length) {
        owed -= spanOf(rows, row) * length;
        guarded(standing, stepOn);
      }
    },
    close() {
      close();
      world.close();
    },
  };
}

function assertPoses({ states }: RecordedRows, { stateDim }: ShownWorld): void {
  const found = states[0]?.length ?? 0;
  if (found === stateDim) return;
  throw new Error(
    `its states hold ${found} numbers and those of this robot ${stateDim}: they cannot be shown as poses of it`,
  );
}

/** Steps from a row to the next one: rows of long episodes are given evenly spaced. */
function spanOf({ states, steps }: RecordedRows, row: number): number {
  const placeOf = (index: number) => Math.floor(index * steps / states.length);
  return placeOf(row + 1) - placeOf(row);
}
