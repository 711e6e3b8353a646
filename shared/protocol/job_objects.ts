/**
 * What lies in the store about one job, in either layout: the one place that puts the keys of a job in order. Pure.
 * @module
 */
import type { JobKind } from "./job_kinds.ts";
import { type Key, parseKey } from "./key_grammar.ts";

/** The name of a job, for finding its objects. Its kind is unknown where facts of versions up to 0.2 name it. */
export interface JobName {
  id: string;
  kind: JobKind | undefined;
}

/** The keys of the objects of one job. Where an object lies in both layouts, it is the one of the new layout. */
export interface JobObjects {
  job: string | undefined;
  result: string | undefined;
  checkpoint: string | undefined;
  run: string | undefined;
  /** By number, those of the old layout first. */
  failures: string[];
  retries: string[];
  /** The note that it is not needed at present. */
  stopped: string | undefined;
  /** Reports of damaged artifacts. */
  damaged: string[];
}

/**
 * Puts the keys of one job in order; other keys are left out.
 *
 * @param keys of one job, of both layouts
 * @returns one key each, or undefined; failures, retries and damages in the order of their numbers
 */
export function sortJobKeys(keys: readonly string[]): JobObjects {
  const parsed = keys.flatMap((key) => {
    const found = parseKey(key);
    return found && "job" in found ? [{ key, found }] : [];
  });
  const first = (...kinds: Key["kind"][]) =>
    kinds.flatMap((kind) => parsed.filter(({ found }) => found.kind === kind))[0]?.key;
  const numbered = (...kinds: Key["kind"][]) =>
    kinds.flatMap((kind) =>
      parsed.filter(({ found }) => found.kind === kind).sort((a, b) => numberOf(a.found) - numberOf(b.found))
    ).map(({ key }) => key);
  return {
    job: first("job", "oldJob"),
    result: first("result", "oldResult"),
    checkpoint: first("checkpoint", "oldCheckpoint"),
    // A note of the old layout counts for nothing: nobody would keep it up to date.
    run: first("run"),
    failures: numbered("oldFailure", "failure"),
    retries: numbered("oldRetry", "retry"),
    stopped: first("stopped"),
    damaged: numbered("damage"),
  };
}

function numberOf(key: Key): number {
  return "n" in key ? key.n : 0;
}
