/**
 * Which learners a soak has, and what they learn.
 * @module
 */
import type { NewLearner } from "@cugro/client";
import { shippedPolicy } from "@cugro/environments";
import { join } from "node:path";
import { collectFiles } from "../../scripts/cli/commands/collecting/collect_files.ts";
import { attend, type CourseWorld } from "./soak_learners.ts";

const EPISODES = 6;
/** Tasks of a learner that goes again. */
const PASSING_TASKS = 4;
/** Some seconds of work for a task. */
const KNOBS = {
  ...{ stateSteps: 60, behaviorSteps: 60, maxGeneratorSteps: 60, criticSteps: 60, maxCriticSteps: 60 },
  ...{ shardsPerTask: 1, replayPairs: 1024, replayPairsPerTask: 256 },
};

/** The learner that acts all the while. */
export const LASTING = "lasting";

/** One that stays and takes versions back, one whose versions are all parked and let through, and ones that go again. */
export async function learnAll(world: CourseWorld): Promise<void> {
  const settings = (name: string, seed: number, more: Record<string, string | number> = {}): NewLearner => ({
    ...{ name, seed, preset: "smoke" },
    overrides: { ...KNOBS, gate: "observe", evaluationEpisodes: 1, ...more },
  });
  const guarded = { gate: "enforce", evaluationEpisodes: 5, minNewTaskScore: 1000, distil: "none" };
  let more = true;
  const passing = async () => {
    const nextFile = async () => {
      const file = await world.nextFile();
      more &&= file !== undefined;
      return file;
    };
    for (let n = 1; more && !world.signal.aborted; n++) {
      await attend({ learner: settings(`passing-${n}`, n), leavesAfter: PASSING_TASKS }, {
        ...world,
        nextFile,
      });
    }
  };
  await Promise.all([
    attend({ learner: settings(LASTING, 1), takeBackEvery: 5 }, world),
    attend({ learner: settings("guarded", 2, guarded) }, world),
    passing(),
  ]);
}

/** Datasets of ever new directions, collected as they are wanted. */
export function fileSource(folder: string, tasks: number, isOver: () => boolean): CourseWorld["nextFile"] {
  let given = 0;
  return async () => {
    if (given >= tasks || isOver()) return undefined;
    const n = given++;
    const goals = [[Math.cos(n * 2.4), Math.sin(n * 2.4)]];
    const policy = await shippedPolicy("swimmer");
    const files = await collectFiles({
      ...{ family: "swimmer-dir", goals, policy, episodes: EPISODES, seed: 100 + n },
      folder: join(folder, "data", String(n)),
    });
    return files[0];
  };
}
