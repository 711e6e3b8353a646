/**
 * Creating a fact.
 * @module
 */
import { PreconditionFailed, type Store } from "@cugro/store";
import { encodeFact } from "@cugro/protocol";

/**
 * Creates an object unless it exists.
 *
 * @param value becomes canonical JSON
 * @returns whether it was created.
 * @throws {TypeError} for what JSON cannot say
 */
export async function putOnce(store: Store, key: string, value: object): Promise<boolean> {
  try {
    await store.put(key, encodeFact(value), { ifNoneMatch: true });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}
