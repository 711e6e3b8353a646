/**
 * Runs in the thread of one policy: opens the backend, compiles, answers. The other side: `policy_thread.ts`.
 * @module
 */
import { createPolicy, type Policy } from "@cugro/algorithm";
import { closeIdleSessions, openCompute } from "@cugro/tensors";
import { createAskerNoise } from "./asker_noise.ts";
import { BATCH_ROWS } from "./batching.ts";
import type { FromThread, ToThread } from "./policy_thread.ts";
import { type PolicyParts, samplerInput } from "./policy_parts.ts";

interface Thread {
  onmessage: (event: MessageEvent<ToThread>) => void;
  postMessage(message: FromThread): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;
let noises = createAskerNoise();
let policy: Policy | undefined;

async function open({ input, tasks, stateDim }: PolicyParts): Promise<string | undefined> {
  const warnings: string[] = [];
  const { compile } = await openCompute({ warn: (message) => warnings.push(message) });
  noises = createAskerNoise();
  policy = createPolicy({ ...samplerInput(input), compile });
  // Compiles each size and lets TensorFlow optimise it, so that no request has to wait for that.
  for (const rows of BATCH_ROWS) {
    await policy.act(tasks[0]!.task, new Float32Array(rows * stateDim), 0, "sampler");
  }
  return warnings.length > 0 ? warnings.join("\n") : undefined;
}

async function act({ task, states, noise }: Extract<ToThread, { act: number }>): Promise<Float32Array> {
  return await policy!.act(task, states, noises.sharesOf(noise), "sampler");
}

thread.onmessage = async ({ data }) => {
  try {
    if ("open" in data) return thread.postMessage({ opened: true, warning: await open(data.open) });
    if ("act" in data) return thread.postMessage({ acted: data.act, actions: await act(data) });
    if ("forget" in data) return void noises.forget(data.forget);
    policy?.dispose();
    // Another may be opened here.
    policy = undefined;
    closeIdleSessions();
    thread.postMessage({ closed: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    thread.postMessage({ failed: "act" in data ? data.act : "open", message });
  }
};
