/**
 * Episodes of the policy in whatever simulates the task.
 * @module
 */
import type { Policy } from "@cugro/algorithm";
import { createRng, type WayOfActing } from "@cugro/algorithm/arrays";
import { openVectorEnvironment, rollout } from "@cugro/environments";
import {
  GymnasiumFault,
  GymnasiumLost,
  type GymnasiumRules,
  GymnasiumUnavailable,
  noInterpreter,
  type PythonProcess,
  runEpisodes as runInPython,
} from "@cugro/environments/gymnasium";
import type { FamilyRef, GymnasiumSpec } from "@cugro/protocol";
import { PermanentError } from "@cugro/worker";
import type { EvaluationContext } from "./measure_fidelity.ts";

/** Simulators for tasks that are not simulated here. */
export interface Simulators {
  rules: GymnasiumRules;
  /** Undefined: there is none. */
  python: PythonProcess | undefined;
  /** A process that died in the middle of episodes, which are run again. */
  onLost?: (error: Error) => void;
}

/** Results of episodes. */
export interface Episodes {
  returns: number[];
  lengths: number[];
  /** Whether each succeeded, where the environment tells. */
  successes?: boolean[];
  /** Episodes that are not among them since the simulator died in them again and again. */
  lostEpisodes?: number;
  /** Of a simulator that is no part of this project. */
  versions?: Record<string, string>;
  /** Why this installation does not run the task's environment. */
  notRun?: string;
}

/** The requested episodes: their number and sizes, and the way of acting, if not the sampler. */
export interface AskedEpisodes {
  episodes: number;
  /** Episodes of the task before these, which were run already. @default 0 */
  from?: number;
  stateDim: number;
  actionDim: number;
  acting?: WayOfActing | undefined;
}

/**
 * One episode a seed; the seeds depend on the learner and the task alone, so all versions start from the same states.
 *
 * @param context config of the job
 * @param policy that acts
 * @param simulators which are trusted, and the Python that runs them
 * @param asked how many episodes, and by which way of acting
 * @returns returns in units of reward, lengths in steps; `notRun`: why there are none
 * @throws {PermanentError} where the environment is at fault, or its process ends again and again
 */
export async function runEpisodes(
  context: EvaluationContext,
  policy: Policy,
  simulators: Simulators,
  asked: AskedEpisodes,
): Promise<Episodes> {
  const { environment } = context.config;
  if (!environment) return { returns: [], lengths: [] };
  if ("family" in environment) return await runFamily(context, policy, environment, asked);
  try {
    return await runGymnasium(context, policy, environment, { ...simulators, asked });
  } catch (error) {
    if (error instanceof GymnasiumUnavailable) return { returns: [], lengths: [], notRun: error.message };
    if (!(error instanceof GymnasiumFault || error instanceof GymnasiumLost)) throw error;
    throw new PermanentError(error.message, { cause: error });
  }
}

function seedsOf(context: EvaluationContext, { episodes, from = 0 }: AskedEpisodes): number[] {
  const starts = createRng(context.seed, "starts");
  return Array.from({ length: from + episodes }, () => starts.integer(2 ** 31)).slice(from);
}

async function runFamily(
  context: EvaluationContext,
  policy: Policy,
  spec: FamilyRef,
  asked: AskedEpisodes,
): Promise<Episodes> {
  const { config: { task, horizon, episodeSteps }, seed } = context;
  const seeds = seedsOf(context, asked);
  const acting = createRng(seed, asked.from ? `acting/${asked.from}` : "acting");
  const environment = await openVectorEnvironment(spec, seeds.length, episodeSteps);
  try {
    return await rollout(environment, seeds, async (states, step) => {
      await context.tick({ step, steps: horizon });
      return await policy.act(task, states, acting.integer(2 ** 31), asked.acting);
    });
  } finally {
    environment.close();
  }
}

async function runGymnasium(
  context: EvaluationContext,
  policy: Policy,
  spec: GymnasiumSpec,
  { rules, python, onLost, asked }: Simulators & { asked: AskedEpisodes },
): Promise<Episodes> {
  const { config: { task, horizon }, seed } = context;
  if (!python) throw noInterpreter(spec.gymnasium);
  const { lost, ...episodes } = await runInPython(python, {
    ...rules,
    spec,
    horizon,
    seeds: seedsOf(context, asked),
    expected: { stateDim: asked.stateDim, actionDim: asked.actionDim },
    ...onLost ? { onLost } : {},
    startActing(first) {
      const acting = createRng(seed, `acting/${(asked.from ?? 0) + first}`);
      return async (states, step) => {
        await context.tick({ step: Math.min(step, horizon), steps: horizon });
        return await policy.act(task, states, acting.integer(2 ** 31), asked.acting);
      };
    },
  });
  return { ...episodes, ...lost > 0 ? { lostEpisodes: lost } : {} };
}
