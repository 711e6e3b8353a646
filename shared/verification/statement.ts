/**
 * A verification as an in-toto statement (https://in-toto.io/Statement/v1): subjects are the artifacts that are recorded,
 * the predicate says how each job was executed, its inputs and its outputs. It is not signed.
 * @module
 */
import { artifactKey, datasetKey, type InputRef, type JsonObject } from "@cugro/protocol";
import { version } from "@cugro/telemetry";
import type { Verification, VerifiedJob } from "./verify_version.ts";

/** Name of the predicate; a number in it would change with its form. */
export const PREDICATE_TYPE = "urn:cugro:reexecution:1";

/** A digest as in-toto has it. */
interface Resource {
  name: string;
  digest: { sha256: string };
}

/**
 * What was verified, as an in-toto statement.
 *
 * @param at when it was verified; ISO 8601
 * @returns with the outputs of each job as its subjects
 */
export function statementOf(
  { learner, version: of, profile, jobs, row, result }: Verification,
  at: string,
): JsonObject {
  const count = (verdict: VerifiedJob["verdict"]) => jobs.filter((job) => job.verdict === verdict).length;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: asJson(jobs.flatMap(subjectsOf)),
    predicateType: PREDICATE_TYPE,
    predicate: {
      verifier: { id: "cugro verify", version: { cugro: version }, profile },
      timeVerified: at,
      resourceUri: `cugro:${learner}/versions/${of}`,
      verificationResult: result,
      counts: {
        ...{ jobs: jobs.length, same: count("same"), differs: count("differs") },
        ...{ otherBackend: count("other backend"), notExecuted: count("not executed") },
      },
      jobs: jobs.map(describeJob),
      row: row.map((cell) => ({ ...cell })),
    },
  };
}

function subjectsOf({ id, recorded }: VerifiedJob): Resource[] {
  return Object.entries(recorded?.recorded.outputs ?? {}).map(([name, { artifact }]) => ({
    name: `${id}/${name}`,
    digest: { sha256: artifact },
  }));
}

function describeJob({ id, kind, verdict, reason, executed, recorded, differing }: VerifiedJob): JsonObject {
  const { job, recorded: result } = recorded ?? {};
  const otherwise = [...differing.outputs, ...differing.timed].map((name) => ({
    ...{ output: name, timed: differing.timed.includes(name) },
    recorded: result?.outputs[name]?.artifact ?? null,
    executed: executed?.outputs[name]?.artifact ?? null,
  }));
  return {
    ...{ job: id, kind: kind ?? null, verdict, ...(reason === undefined ? {} : { reason }) },
    ...(job ? { revision: job.revision, seed: job.seed, materials: asJson(materialsOf(job.inputs)) } : {}),
    ...(result
      ? {
        recorded: {
          ...{
            software: result.codeVersion,
            profile: result.profile,
            finished: result.finished,
            seconds: result.seconds,
          },
        },
      }
      : {}),
    ...(executed ? { seconds: executed.seconds } : {}),
    differences: otherwise,
    ...(differing.metrics.length > 0 ? { metricDifferences: differing.metrics } : {}),
    profileDifferences: differing.profile,
  };
}

/** An input that another job makes is named by that job and its output: its id is a SHA-256, too. */
function materialsOf(inputs: Readonly<Record<string, InputRef>>): Resource[] {
  return Object.entries(inputs).map(([name, ref]) => {
    if ("job" in ref) return { name: `${name} = ${ref.output} of job`, digest: { sha256: ref.job } };
    const [key, sha256] = "dataset" in ref
      ? [datasetKey(ref.dataset), ref.dataset]
      : [artifactKey(ref.artifact), ref.artifact];
    return { name: `${name} = ${key}`, digest: { sha256 } };
  });
}

function asJson(resources: readonly Resource[]): JsonObject[] {
  return resources.map(({ name, digest }) => ({ name, digest: { ...digest } }));
}
