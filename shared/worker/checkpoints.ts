/**
 * Checkpoints of running jobs: safetensors made by the handler, with ours in the metadata: who may resume it, where
 * it stands, how long it took to get there.
 * @module
 */
import {
  canonicalJson,
  checkpointKey,
  decodeTensors,
  encodeTensors,
  type Job,
  type JsonObject,
  sha256,
} from "@cugro/protocol";
import type { Log } from "@cugro/telemetry";
import type { Store } from "@cugro/store";

/** Where a job can go on. */
export interface Checkpoint {
  /** As the handler's snapshot gave them, with more metadata. */
  bytes: Uint8Array;
  /** Steps done. */
  step: number;
  /** Of all runs that led here. */
  seconds: number;
}

/** Identity of a profile: bytes are equal for equal profiles only. */
function hashProfile(profile: JsonObject): string {
  return sha256(canonicalJson(profile));
}

/**
 * Overwrites the job's checkpoint.
 *
 * @param profile what bytes depend on besides inputs; another one does not resume it
 */
export async function writeCheckpoint(
  store: Store,
  jobId: string,
  job: Job,
  profile: JsonObject,
  { bytes, step, seconds }: Checkpoint,
): Promise<void> {
  const { tensors, metadata } = decodeTensors(bytes);
  const ours = {
    "cugro.profile": hashProfile(profile),
    "cugro.revision": String(job.revision),
    "cugro.step": String(step),
    "cugro.seconds": seconds.toFixed(3),
  };
  await store.put(checkpointKey(job.kind, jobId), encodeTensors(tensors, { ...metadata, ...ours }));
}

/**
 * The job's checkpoint, or undefined if there is none, or none that may be resumed here; the log says why.
 *
 * @param key where one lies, if one does.
 * @param profile of this process
 * @param log for the reason why one is ignored
 * @returns its bytes, step, and the seconds of work that it took
 */
export async function readCheckpoint(
  store: Store,
  key: string | undefined,
  job: Job,
  profile: JsonObject,
  log: Log,
): Promise<Checkpoint | undefined> {
  const found = key === undefined ? undefined : await store.get(key);
  if (!found) return undefined;
  try {
    const { metadata } = decodeTensors(found.bytes);
    const reason = whyNot(metadata, job, profile);
    const [step, seconds] = [Number(metadata["cugro.step"]), Number(metadata["cugro.seconds"])];
    if (reason === undefined) return { bytes: found.bytes, step, seconds };
    log.warn("checkpoint ignored, the job starts again", { reason, step });
  } catch (error) {
    log.warn("checkpoint ignored, the job starts again", { reason: "it is damaged", error });
  }
  return undefined;
}

function whyNot(metadata: Record<string, string>, job: Job, profile: JsonObject): string | undefined {
  const revision = metadata["cugro.revision"];
  if (revision !== String(job.revision)) return `it is of revision ${revision}, the job of ${job.revision}`;
  if (metadata["cugro.profile"] !== hashProfile(profile)) {
    return "it is of another profile (backend, library or processor): results would not be reproducible";
  }
  if (Number.isSafeInteger(Number(metadata["cugro.step"])) && Number(metadata["cugro.seconds"]) >= 0) {
    return undefined;
  }
  return "it does not say where it stands";
}
