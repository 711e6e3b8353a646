/**
 * Artifacts that workers found to be damaged. A cluster's workers have no right to remove objects, in case their keys leak: a
 * worker leaves a note beside its job, and the coordinator checks for itself before it removes anything.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
import { artifactKey, parseKey } from "@cugro/protocol";
import { getArtifact, MissingInputError, type Store } from "@cugro/store";

/**
 * Removes artifacts that are really damaged, so that their jobs make them again, and the notes about them.
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
