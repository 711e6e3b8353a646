/**
 * A folder of a test's own.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `body` with a folder that is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-test-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
