/**
 * The pseudo-samples of an old task that a version was trained with, while they exist.
 * @module
 */
import { decodeShard } from "@cugro/jobs";
import type { LearnerStatus } from "@cugro/learners";
import { artifactKey, jobFactSchema, parseFact } from "@cugro/protocol";
import { getArtifact, getJob, type Store } from "@cugro/store";
import type { TabledShard } from "@cugro/tables";
import { UsageError } from "../print_output.ts";

/** Shards in order, and the version that they belong to. */
export interface FoundReplay {
  version: number;
  shards: TabledShard[];
}

/**
 * Finds them.
 * @param wanted which version's; undefined: those of the newest that has some left
 * @throws {UsageError} where there are none, saying why
 */
export async function replayShards(
  store: Store,
  status: Pick<LearnerStatus, "versions" | "jobs" | "learner">,
  task: number,
  wanted: number | undefined,
): Promise<FoundReplay> {
  const versions = status.versions.filter(({ version }) => wanted === undefined || version === wanted);
  if (versions.length === 0) {
    const known = status.versions.map(({ version }) => version).join(", ") || "none yet";
    throw new UsageError(
      `The learner "${status.learner.name}" has no version${
        wanted === undefined ? "" : ` ${wanted}`
      }: it has ${known}`,
    );
  }
  let made = 0;
  for (const { version, jobs } of versions.toReversed()) {
    const artifacts = await artifactsOf(store, status, jobs, task);
    made += artifacts.length;
    const isKept = await Promise.all(artifacts.map(async (hash) => !!await store.head(artifactKey(hash))));
    if (artifacts.length === 0 || isKept.includes(false)) continue;
    const bytes = await Promise.all(artifacts.map((hash) => getArtifact(store, hash)));
    return { version, shards: bytes.map((one) => decodeShard(one, task)) };
  }
  const whose = wanted === undefined ? "any version" : `version ${wanted}`;
  throw new UsageError(
    made === 0
      ? `Task ${task} had no pseudo-samples when ${whose} was trained: a task's own version learns from its data`
      : `The pseudo-samples of task ${task} are gone: they are deleted once their version ` +
        `is decided (replaySource=first keeps them)`,
  );
}

/** The shards of a task among a version's jobs, in order. */
async function artifactsOf(
  store: Store,
  status: Pick<LearnerStatus, "jobs">,
  ids: readonly string[],
  task: number,
): Promise<string[]> {
  const found: { shard: number; artifact: string }[] = [];
  for (const { id, kind, outputs } of status.jobs) {
    const artifact = outputs.shard?.artifact;
    if (kind !== "actions.label" || !ids.includes(id) || artifact === undefined) continue;
    const object = await getJob(store, kind, id);
    if (!object) continue;
    const { config } = parseFact(jobFactSchema, object.bytes, object.key).job;
    if (config.task === task) found.push({ shard: Number(config.shard ?? 0), artifact });
  }
  return found.sort((a, b) => a.shard - b.shard).map(({ artifact }) => artifact);
}
