/**
 * Runs in the thread of one policy: opens the backend, compiles, answers. The other side: `policy_thread.ts`.
 * @module
 */
import { type ActionNoise, createPolicy, openNoise, type Policy } from "@cugro/algorithm";
import { closeIdleSessions, openCompute } from "@cugro/tensors";
import { BATCH_ROWS } from "./batching.ts";
import type { FromThread, ToThread } from "./policy_thread.ts";
import type { PolicyParts } from "./read_policy.ts";

interface Thread {
  onmessage: (event: MessageEvent<ToThread>) => void;
  postMessage(message: FromThread): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;
const noises = new Map<number, ActionNoise>();
let policy: Policy | undefined;

async function open({ input, tasks, stateDim }: PolicyParts): Promise<string | undefined> {
  const warnings: string[] = [];
  const { compile } = await openCompute({ warn: (message) => warnings.push(message) });
  policy = createPolicy({ ...input, compile });
  // Compiles each size and lets TensorFlow optimise it, so that no request has to wait for that.
  const ways = new Map(tasks.map(({ task }) => [input.actingByTask?.get(task), task]));
  for (const task of ways.values()) {
    for (const rows of BATCH_ROWS) await policy.act(task, new Float32Array(rows * stateDim), 0);
  }
  return warnings.length > 0 ? warnings.join("\n") : undefined;
}

async function act(
  { task, states, noise, acting }: Extract<ToThread, { act: number }>,
): Promise<Float32Array> {
  const shares = noise.map(({ asker, seed, rows, last }) => {
    const own = noises.get(asker) ?? openNoise(seed);
    if (last) noises.delete(asker);
    else noises.set(asker, own);
    return { noise: own, rows };
  });
  return await policy!.act(task, states, shares, acting);
}

thread.onmessage = async ({ data }) => {
  try {
    if ("open" in data) return thread.postMessage({ opened: true, warning: await open(data.open) });
    if ("act" in data) return thread.postMessage({ acted: data.act, actions: await act(data) });
    if ("forget" in data) return void noises.delete(data.forget);
    policy?.dispose();
    closeIdleSessions();
    thread.postMessage({ closed: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    thread.postMessage({ failed: "act" in data ? data.act : "open", message });
  }
};
