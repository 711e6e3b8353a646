/**
 * Reads the facts of a learner once, for callers that want to know where it stands now.
 * @module
 */
import type { Store } from "@cugro/store";
import { createCache, type FactCache } from "./fact_cache.ts";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { openView } from "./view.ts";

/**
 * All facts of a learner that a plan needs. Put-once facts that the cache remembers are not read again; what can
 * change (the head, lists, which inputs are there) is.
 *
 * @param options.readOnly nobody plans by it: shards that still take room are not looked for
 * @param options.deletedToo of a deleted learner everything is read, too
 * @returns as they are now
 * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
 * @throws {RangeError} when there is no such learner
 * @throws {SyntaxError} when a fact is damaged, naming it
 */
export function loadFacts(
  store: Store,
  name: string,
  cache: FactCache = createCache(),
  options: { deletedToo?: boolean; readOnly?: boolean } = {},
): Promise<LearnerFacts> {
  return openView(store, name, cache, options).look({ whole: true });
}
