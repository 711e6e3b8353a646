/**
 * One plan without workers, so that an operator's act shows at once: the head moves, nothing is queued.
 * @module
 */
import { applyPlan, plan } from "@cugro/coordinator";
import { createCache, loadFacts } from "@cugro/learners";
import { createEmbeddedBus } from "@cugro/bus";
import type { Store } from "@cugro/store";

/**
 * Brings the head in line with the facts.
 *
 * @param store opened for writing
 * @param learner its name
 */
export async function repairHead(store: Store, learner: string): Promise<void> {
  const bus = createEmbeddedBus();
  try {
    const cache = createCache();
    const facts = await loadFacts(store, learner, cache);
    await applyPlan({ store, bus, learner, plan: { ...plan(facts), submit: [], decide: [] }, cache });
  } finally {
    await bus.close();
  }
}
