/**
 * Everything that is wrong, in one list: the one function behind `cugro status`, `cugro problems`, HTTP, events, metrics
 * and webhooks.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { createProblem, incomingPrefix, PREFIXES, type Problem } from "@cugro/protocol";
import type { Store, StrangeObject } from "@cugro/store";
import { createCache, type FactCache, type LearnerFacts, listLearners, loadFacts } from "@cugro/learners";
import { readAcknowledgements, withAcknowledgement } from "./acknowledge.ts";
import { incomingProblems } from "./incoming_problems.ts";
import { learnerProblems } from "./learner_problems.ts";

/** Learners that are read at a time. */
const LEARNERS_AT_ONCE = 4;

/** Where to look. */
export interface ProblemSources {
  store: Store;
  cache?: FactCache;
  /** Of one learner only, and of all others nothing. @default all */
  learner?: string;
  /** A learner's facts. @default read again */
  factsOf?: (name: string) => Promise<LearnerFacts>;
  /** Observed problems that are not in the store: of the bus, the store itself, kinds of jobs, webhooks. */
  observed?: readonly Problem[];
}

/**
 * All problems, errors first, the newest first; those that were acknowledged say so.
 *
 * @param sources store, learner, and what was observed elsewhere
 * @returns a sorted list
 *
 * @example
 * ```ts
 * import { gatherProblems } from "@cugro/problems";
 * import { openFilesystemStore } from "@cugro/store";
 * import { assertEquals } from "@std/assert";
 *
 * const root = await Deno.makeTempDir();
 * const store = await openFilesystemStore({ root });
 * await store.put("incoming/nobody/task.hdf5", new Uint8Array(8));
 * assertEquals((await gatherProblems({ store })).map(({ code }) => code), ["file.learner"]);
 * await store.close();
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function gatherProblems(sources: ProblemSources): Promise<Problem[]> {
  const { store, learner, cache = createCache(), observed = [] } = sources;
  const { factsOf = (name: string) => loadFacts(store, name, cache) } = sources;
  const learners = learner === undefined ? await listLearners(store) : [learner];
  const [own, dropped, acknowledged] = await Promise.all([
    mapConcurrently(learners, LEARNERS_AT_ONCE, (name) => problemsOfLearner(name, factsOf)),
    readDropped(store, learner),
    readAcknowledgements({ store, cache }),
  ]);
  const found = [
    ...own.flat(),
    ...incomingProblems({ ...dropped, learners: new Set(learners), now: Date.now() }),
    ...observed,
  ];
  return sortProblems(found.map((problem) => withAcknowledgement(problem, acknowledged.get(problem.id))));
}

/**
 * Errors before warnings, then the newest first, in an order that is the same each time.
 *
 * @param problems in any order
 * @returns a new list
 */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const mark = ({ severity, since, id }: Problem) => [severity, since ?? "", id] as const;
  return [...problems].sort((a, b) => {
    const [x, y] = [mark(a), mark(b)];
    return x[0].localeCompare(y[0]) || y[1].localeCompare(x[1]) || x[2].localeCompare(y[2]);
  });
}

async function readDropped(store: Store, learner: string | undefined) {
  const strange: StrangeObject[] = [];
  const prefix = learner === undefined ? PREFIXES.incoming : incomingPrefix(learner);
  const infos = await store.list(prefix, (object) => strange.push(object));
  return { infos, strange };
}

/** One whose facts are damaged is a problem, and hides none of the others'. */
async function problemsOfLearner(
  name: string,
  factsOf: (name: string) => Promise<LearnerFacts>,
): Promise<Problem[]> {
  try {
    return learnerProblems(await factsOf(name));
  } catch (error) {
    // Deleted, or not made yet, since learners were listed.
    if (error instanceof RangeError) return [];
    if (!(error instanceof SyntaxError)) throw error;
    return [createProblem("learner.unreadable", { learner: name, message: error.message }, {
      since: null,
      subject: { learner: name },
      message: `The learner "${name}" cannot be planned: ${error.message}.`,
      advice: "Restore that object from a copy of the store.",
    })];
  }
}
