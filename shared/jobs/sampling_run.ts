/**
 * A sampling as a job: between passes the worker may beat, checkpoint or interrupt it.
 * @module
 */
import type { SamplingRun } from "@cugro/algorithm";
import type { JobContext } from "@cugro/worker";
import { decodeStored, encodeStored } from "./encoding.ts";

/**
 * To be spread into the input of `sampleStates` or `sampleActions`: takes the job's checkpoint up, if there is one.
 *
 * @param context of the job
 * @returns what an earlier run has drawn, and what to call after each pass
 */
export function resumableSampling(
  context: Pick<JobContext, "checkpoint" | "tick">,
): SamplingRun {
  const samples = context.checkpoint && decodeStored(context.checkpoint).samples?.data;
  return {
    ...(samples instanceof Float32Array ? { resume: samples } : {}),
    onProgress: (done, count, drawn) =>
      context.tick({ step: done, steps: count }, () => {
        const data = drawn();
        return Promise.resolve(encodeStored({ samples: { shape: [data.length], data } }));
      }),
  };
}
