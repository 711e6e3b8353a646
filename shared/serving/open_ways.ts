/**
 * Opens a policy for all its ways of acting: the sampler in a thread of its own with a tensor library, the others without.
 * @module
 */
import { createInferenceThreads, type InferenceThreads } from "./inference_threads.ts";
import { batchRows } from "./batching.ts";
import { openLightPolicy } from "./light_policy.ts";
import type { PolicyParts } from "./policy_parts.ts";
import { createPolicyThreads } from "./policy_thread.ts";
import type { OpenPolicy, RunningPolicy } from "./running_policy.ts";

/** Opens policies, and keeps the threads in which they compute. */
export interface PolicyOpener {
  open: OpenPolicy;
  /** Ends the threads; once all policies are closed. */
  close(): void;
}

/**
 * Opens policies whose sessions are computed with by threads that all of them share, and samplers in a thread each.
 *
 * @param threads that take large requests. @default its own
 * @returns opens a policy in this thread, and its sampler in another
 */
export function createPolicyOpener(threads: InferenceThreads = createInferenceThreads()): PolicyOpener {
  const samplers = createPolicyThreads();
  return {
    async open(parts, warn) {
      const light = openLightPolicy(parts, threads);
      if (light && !parts.opened.includes("sampler")) return light;
      try {
        const sampler = await samplers.open(parts, warn);
        return light ? together(parts, sampler, light) : sampler;
      } catch (error) {
        await light?.close();
        throw error;
      }
    },
    close() {
      threads.close();
      samplers.close();
    },
  };
}

/** A policy that samples some tasks, or may be asked to. */
function together(
  { actingByTask }: PolicyParts,
  sampler: RunningPolicy,
  light: RunningPolicy,
): RunningPolicy {
  const samples = (task: number, acting = actingByTask.get(task)) =>
    acting === undefined || acting === "sampler";
  return {
    callsAtOnce: light.callsAtOnce!,
    act: (task, states, noise, acting) =>
      (samples(task, acting) ? sampler : light).act(task, states, noise, acting),
    rowsAtOnce: (waiting, longest, task, acting) =>
      samples(task, acting) ? batchRows(waiting) : light.rowsAtOnce!(waiting, longest, task, acting),
    forget(asker) {
      sampler.forget(asker);
      light.forget(asker);
    },
    isOpen: () => sampler.isOpen(),
    close: async () => void await Promise.all([sampler.close(), light.close()]),
  };
}
