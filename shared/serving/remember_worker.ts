/**
 * Runs in the thread that draws pseudo-samples once: opens the backend, draws, ends. The other side: `remember.ts`.
 * @module
 */
import { sampleActions, sampleStates } from "@cugro/algorithm";
import { openCompute } from "@cugro/tensors";
import type { FromRememberThread, Remembered, RememberInput } from "./remember.ts";

interface Thread {
  onmessage: (event: MessageEvent<RememberInput>) => void;
  postMessage(message: FromRememberThread): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;

async function draw(
  { stateGenerator, behaviorGenerator, stateDim, actionDim, ...input }: RememberInput,
): Promise<Remembered> {
  const { compile } = await openCompute();
  const states = await sampleStates({ ...input, weights: stateGenerator, stateDim, compile });
  const actions = await sampleActions({ ...input, weights: behaviorGenerator, states, actionDim, compile });
  return { states, actions, size: input.count };
}

thread.onmessage = async ({ data }) => {
  try {
    thread.postMessage({ drawn: await draw(data) });
  } catch (error) {
    thread.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
};
