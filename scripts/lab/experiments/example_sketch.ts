/**
 * A real sketch of an example's rows.
 * @module
 */
import { fitSketch, heldOutDistances, type Normaliser, type Rows } from "@cugro/algorithm/arrays";
import { encodeStored } from "@cugro/jobs";
import type { TaskFact } from "@cugro/protocol";
import { putArtifact, type Store } from "@cugro/store";

/** Stores it. @returns what the task's fact says of it */
export async function sketchOf(
  store: Store,
  rows: Rows & { stateDim: number; actionDim: number; normaliser: Normaliser },
): Promise<Pick<TaskFact, "sketch" | "heldOutDistances">> {
  const sketch = fitSketch({ ...rows, seed: 1 });
  const { artifact } = await putArtifact(store, encodeStored(sketch));
  return { sketch: artifact, heldOutDistances: heldOutDistances(sketch, rows.states, rows.stateDim) };
}
