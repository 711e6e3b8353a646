/**
 * Acknowledging problems: somebody has seen one, and it need not be shown any more until it comes up again.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import {
  type AcknowledgementFact,
  acknowledgementFactSchema,
  acknowledgementKey,
  acknowledgementsPrefix,
  beganAt,
  parseKey,
  PREFIXES,
  type Problem,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { createCache, type FactCache, putOnce, readFact, REQUESTS_AT_ONCE } from "@cugro/learners";

/**
 * The newest acknowledgement of each problem, by the problem's id.
 *
 * @param prefix of their keys; by default all of the store
 * @returns facts by the problem's id
 */
export async function readAcknowledgements(
  source: { store: Store; cache: FactCache },
  prefix: string = PREFIXES.problems,
): Promise<Map<string, AcknowledgementFact>> {
  const keys = (await source.store.list(prefix)).map(({ key }) => key);
  const ours = keys.filter((key) => parseKey(key)?.kind === "acknowledgement");
  const read = (key: string) => readFact(source, key, acknowledgementFactSchema);
  const facts = await mapConcurrently(ours, REQUESTS_AT_ONCE, read);
  const newest = new Map<string, AcknowledgementFact>();
  for (const fact of facts) {
    if (fact && fact.n > (newest.get(fact.problem)?.n ?? 0)) newest.set(fact.problem, fact);
  }
  return newest;
}

/**
 * The problem, acknowledged if this occurrence of it is.
 *
 * @param fact the newest acknowledgement of this problem
 * @returns the same problem if there is none, or it was of an earlier occurrence
 */
export function withAcknowledgement(problem: Problem, fact: AcknowledgementFact | undefined): Problem {
  if (!fact || !covers(fact, problem)) return problem;
  const { by, at, reason } = fact;
  return { ...problem, acknowledged: { by, at, reason } };
}

/** Occurrences that began before somebody acknowledged the problem; the store's clock may differ from that person's. */
function covers({ since, at }: AcknowledgementFact, problem: Problem): boolean {
  return beganAt(problem) <= Math.max(Date.parse(at), since === null ? 0 : Date.parse(since));
}

/**
 * Acknowledges what is wrong now, once: a second acknowledgement changes nothing.
 *
 * @param act the store, the problem, who has seen it, and when
 * @returns the problem, acknowledged
 */
export async function acknowledgeProblem(
  { store, problem, by, reason = "", now = Date.now() }: {
    store: Store;
    problem: Problem;
    by: string;
    reason?: string | undefined;
    now?: number;
  },
): Promise<Problem> {
  const { id, since } = problem;
  const at = new Date(now).toISOString();
  while (true) {
    const source = { store, cache: createCache() };
    const last = (await readAcknowledgements(source, acknowledgementsPrefix(id))).get(id);
    if (last && covers(last, problem)) return withAcknowledgement(problem, last);
    const fact: AcknowledgementFact = {
      schema: 1,
      problem: id,
      n: (last?.n ?? 0) + 1,
      since,
      by,
      at,
      reason,
    };
    if (await putOnce(store, acknowledgementKey(id, fact.n), fact)) return withAcknowledgement(problem, fact);
  }
}
