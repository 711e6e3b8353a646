/**
 * A folder in memory where the system has one. A SIGKILL loses nothing that was written either way, and hundreds of
 * thousands of small synced files are spared the disk.
 * @module
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes an empty folder, in memory if possible. */
export async function makeMemoryFolder(): Promise<string> {
  return await mkdtemp("/dev/shm/cugro-faults-").catch(() => mkdtemp(join(tmpdir(), "cugro-faults-")));
}
