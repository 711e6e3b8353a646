/**
 * What a task's episodes run in, and how their returns are scored.
 * @module
 */
import { z } from "zod";
import { gymnasiumSchema } from "./gymnasium.ts";

/** A task of the simulators of this project: family of robots, and the goal. */
export const familySchema = z.object({ family: z.string(), goal: z.array(z.number()) });
/** A task of the simulators of this project: family of robots, and the goal. Checked by {@link familySchema}. */
export type FamilyRef = z.infer<typeof familySchema>;

/** A simulator's task: of this project's own, or of Gymnasium in Python. */
export const environmentSchema = z.union([familySchema, gymnasiumSchema]);
/** A simulator's task: of this project's own, or of Gymnasium in Python. Checked by {@link environmentSchema}. */
export type EnvironmentRef = z.infer<typeof environmentSchema>;

/** Returns that score 0 and 100, and where they come from. */
export const anchorsSchema = z.object({ random: z.number(), good: z.number(), source: z.string() });
/** Returns that score 0 and 100, and where they come from. Checked by {@link anchorsSchema}. */
export type Anchors = z.infer<typeof anchorsSchema>;

/**
 * What was wrong with a simulator that is no part of this project. `lostEpisodes`: how many are not among the returns since
 * it died in them; `notRun`: why there are no returns.
 */
export const simulatorNotes = {
  lostEpisodes: z.int().min(1).exactOptional(),
  notRun: z.string().exactOptional(),
};

/**
 * What a task's environment is called, for people.
 *
 * @param environment of Gymnasium, or a family with its goal
 * @returns such as `cheetah-vel [1.2]`
 */
export function describeEnvironment(environment: EnvironmentRef): string {
  if ("gymnasium" in environment) {
    const { gymnasium, kwargs = {} } = environment;
    const shownKwargs = Object.entries(kwargs).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(", ");
    return `${gymnasium} (Gymnasium${shownKwargs ? `: ${shownKwargs}` : ""})`;
  }
  return `${environment.family} [${environment.goal.map((value) => Number(value.toFixed(3))).join(", ")}]`;
}

/** The source of anchors that the dataset's file says itself; all others were measured. */
export const ANCHORS_OF_FILE = "return_random and return_final_policy of the file";
/** How the source of anchors ends that are no scale: all episodes of the task have one return, and 100 is one more than that. */
export const ANCHORS_ALL_EQUAL = " (all equal)";
/** Episodes of random actions whose mean return scores 0 where the file does not say it. */
export const RANDOM_EPISODES = 100;
