/**
 * Acting in this thread without a tensor library: actor and proposer of the default sizes on both kernels, in turns with the
 * sampler on the tensor library; and what they take of memory.
 * @module
 */
import process from "node:process";
import { createPolicy, createRng, presets, type Stored } from "@cugro/algorithm";
import { initLinear, tasksTensor } from "@cugro/algorithm/numerics";
import { type InferenceSession, type KernelName, openSession, type SessionInput } from "@cugro/inference";
import { ACTION_DIM, type BenchLearner, makeLearner, STATE_DIM, TASKS } from "./bench_learner.ts";
import { alternate, type Figures, type Group } from "./measure.ts";

const MANY = 64;
const SESSIONS = 1_000;
const KERNELS: readonly KernelName[] = ["wasm", "plain"];

/** The group `inference`. Figures end in the kernel's name, or in `Sampler`. */
export const inference: Group = {
  name: "inference",
  yardstick: [],
  open: async ({ compile, repeats, clock, quick }) => {
    const learner = await makeLearner(compile.eager);
    const shared = {
      ...learner,
      stateDim: STATE_DIM,
      actionDim: ACTION_DIM,
      hyperparameters: presets.default,
    };
    const policy = createPolicy({ ...shared, compile: compile.compiled });
    const sessions = { actor: openBoth(learner, "actor"), proposer: openBoth(learner, "proposer") };
    const states = createRng(3, "bench").normals(MANY * STATE_DIM);
    let seed = 0;
    // Memory does not become less again: a second look would see no growth.
    const memory = memoryOf(
      sessions,
      () => openSession(inputOf(learner, "actor")),
      quick ? SESSIONS / 10 : SESSIONS,
    );
    const works = (count: number, text: string, kernels: readonly KernelName[]) => ({
      ...worksOf(
        sessions,
        kernels,
        text,
        (session) => session.act(3, states.subarray(0, count * STATE_DIM), seed++),
      ),
      [`inferenceSampler${text}Ms`]: () => policy.act(3, states.subarray(0, count * STATE_DIM), seed++),
    });
    return {
      measure: async () => ({
        ...await alternate(clock, works(1, "One", KERNELS), repeats * 10, 20),
        ...await alternate(clock, works(MANY, "64", ["wasm"]), repeats),
        ...memory,
      }),
      close: () => {
        policy.dispose();
        [...sessions.actor, ...sessions.proposer].forEach((session) => session.dispose());
      },
    };
  },
};

function openBoth(learner: BenchLearner, acting: SessionInput["acting"]): InferenceSession[] {
  return KERNELS.map((kernel) => openSession({ ...inputOf(learner, acting), kernel }));
}

/** The learner's critic and normalisers with a one-step network of random weights: time does not depend on these. */
function inputOf({ critic, normalisers }: BenchLearner, acting: SessionInput["acting"]): SessionInput {
  const network = randomNetwork(acting);
  return {
    ...{ acting, network, normalisers, hyperparameters: presets.default },
    ...{ stateDim: STATE_DIM, actionDim: ACTION_DIM, critic: acting === "actor" ? undefined : critic },
  };
}

function randomNetwork(acting: SessionInput["acting"]): Stored {
  const { denoiserWidth: width, denoiserBlocks: blocks } = presets.default;
  const rng = createRng(1, acting);
  const { "input.kernel": ofNoise, "input.bias": bias } = initLinear(rng, "input", ACTION_DIM, width);
  const { "condition.kernel": ofStates } = initLinear(rng, "condition", STATE_DIM, width);
  const layers = Array.from({ length: 2 * blocks }, (_, i) => `block.${i >> 1}.${i & 1}`);
  return {
    ...(acting === "proposer" ? { "input.kernel": ofNoise! } : {}),
    ...{ "input.bias": bias!, "condition.kernel": ofStates! },
    taskEmbedding: { shape: [TASKS, width], data: rng.normals(TASKS * width) },
    ...Object.assign({}, ...layers.map((name) => initLinear(rng, name, width, width))),
    ...initLinear(rng, "output", width, ACTION_DIM),
    tasks: tasksTensor(Array.from({ length: TASKS }, (_, i) => i + 1)),
  };
}

function worksOf(
  sessions: Record<SessionInput["acting"], InferenceSession[]>,
  kernels: readonly KernelName[],
  text: string,
  ask: (session: InferenceSession) => unknown,
): Record<string, () => unknown> {
  return Object.fromEntries(
    Object.entries(sessions).flatMap(([acting, both]) =>
      both.filter(({ kernel }) => kernels.includes(kernel)).map((session) => {
        const [name, kernel] = [acting, session.kernel].map((word) => word[0]!.toUpperCase() + word.slice(1));
        return [`inference${name}${text}Ms${kernel}`, () => ask(session)];
      })
    ),
  );
}

/** Weights of a session, and what the process takes for many actors, per thousand. */
function memoryOf(
  { actor, proposer }: Record<SessionInput["acting"], InferenceSession[]>,
  open: () => InferenceSession,
  count: number,
): Figures {
  const before = process.memoryUsage.rss();
  const many = Array.from({ length: count }, open);
  const grown = process.memoryUsage.rss() - before;
  many.forEach((session) => session.dispose());
  return {
    inferenceActorMB: actor[0]!.sizeBytes / 1e6,
    inferenceProposerMB: proposer[0]!.sizeBytes / 1e6,
    inferenceThousandActorsMB: grown / 1e6 * SESSIONS / count,
  };
}
