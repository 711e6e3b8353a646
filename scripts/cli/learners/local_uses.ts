/**
 * Operations that only single commands need: each loads its own modules.
 * @module
 */
import type { ActAnswer, ActRequest } from "@cugro/protocol";
import type { OnCheck } from "@cugro/export";
import type { Store } from "@cugro/store";
import type { Exported } from "./learners.ts";
import { commandLine, type Place } from "./place.ts";

/** The page of a learner, as HTML. */
export async function reportOf(store: Store, learner: string, place: Place): Promise<string> {
  const { gatherReport, renderReport } = await import("@cugro/report");
  return renderReport(await gatherReport(store, learner, (words) => commandLine(place, words)));
}

/** One decision, for which the policy is opened and closed. */
export async function actOnce(store: Store, learner: string, request: ActRequest): Promise<ActAnswer> {
  const { actOn, openPolicy } = await import("@cugro/serving");
  const compile = async () => (await (await import("@cugro/tensors")).openCompute()).compile;
  const { version, acting } = request;
  const served = await openPolicy(store, learner, { version, acting, compile });
  try {
    return await actOn(served, request);
  } finally {
    served.policy.dispose();
  }
}

/** One bundle, for which a backend is opened. */
export async function exportOnce(
  store: Store,
  learner: string,
  wanted: { version?: number | undefined; task?: number | undefined },
  onCheck: OnCheck,
): Promise<Exported> {
  const { bundleFiles, gatherVersion, requireOnnxRuntime } = await import("@cugro/export");
  requireOnnxRuntime();
  const input = await gatherVersion(store, learner, wanted);
  const { openCompute } = await import("@cugro/tensors");
  const { compile } = await openCompute();
  return await bundleFiles(input, compile, onCheck);
}
