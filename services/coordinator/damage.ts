/**
 * Artifacts that workers found to be damaged. A worker of a cluster may remove none, so that nobody who gets hold of its
 * keys can: it leaves a note beside its job, and the coordinator looks for itself before it removes anything.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
import { artifactKey, parseKey } from "@cugro/protocol";
import { getArtifact, MissingInputError, type Store } from "@cugro/store";

/**
 * Removes what is damaged indeed, so that its job makes it again, and the notes that said so.
 *
 * @param facts of the learner; what is damaged counts as missing from then on
 * @throws {StoreError} where the store cannot be read
 */
export async function removeDamaged(store: Store, facts: LearnerFacts): Promise<void> {
  for (const state of facts.jobs.values()) {
    for (const key of state.damaged) {
      const note = parseKey(key);
      if (note?.kind !== "damage") continue;
      try {
        await getArtifact(store, note.hash);
      } catch (error) {
        if (!(error instanceof MissingInputError)) throw error;
        facts.missing.add(artifactKey(note.hash));
      }
      await store.delete(key);
    }
    state.damaged = [];
  }
}
