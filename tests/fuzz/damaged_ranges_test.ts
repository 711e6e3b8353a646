/** Damaged files that are read by ranges, in blocks of a few rows, become what they become in memory. */
import { assert, assertEquals } from "@std/assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileSource } from "../../shared/datasets/blocks/file_source.ts";
import { roomIn } from "../../shared/datasets/blocks/room.ts";
import { DatasetError } from "../../shared/datasets/dataset.ts";
import { readByRanges, readDataset } from "../../shared/datasets/read_dataset.ts";
import { datasetHash } from "../../shared/datasets/stored.ts";
import { damage } from "./mutations.ts";
import { makeOriginals } from "./originals.ts";

const FILES = 600;

/** The dataset's hash, or the refusal. */
function verdict(judge: () => string): { hash: string } | { refused: string } {
  try {
    return { hash: judge() };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { refused: error.message };
  }
}

Deno.test("a damaged file is refused by ranges where it is refused in memory, and is the same dataset where it is read", async () => {
  const originals = await makeOriginals();
  const folder = mkdtempSync(join(tmpdir(), "cugro-fuzz-"));
  const seen = { read: 0, refused: 0, otherWords: 0 };
  for (let i = 0; i < FILES; i++) {
    const original = originals[i % originals.length]!;
    const { bytes } = damage(original, i);
    const [path, numbers] = [join(folder, "file"), join(folder, `numbers-${i}`)];
    writeFileSync(path, bytes);
    mkdirSync(numbers);
    const source = openFileSource(path), room = roomIn(numbers, i % 2 === 0 ? 0 : 2 ** 20, 700);
    const inMemory = verdict(() => datasetHash(readDataset(bytes.slice(), original.name).dataset));
    const byRanges = verdict(() => datasetHash(readByRanges(source, original.name, {}, room).dataset));
    room.close();
    source.close();
    if ("hash" in inMemory) assertEquals(byRanges, inMemory, original.name);
    else assert("refused" in byRanges, `${original.name}: ${inMemory.refused}`);
    seen["hash" in inMemory ? "read" : "refused"]++;
    if ("refused" in inMemory && "refused" in byRanges && inMemory.refused !== byRanges.refused) {
      seen.otherWords++;
    }
  }
  rmSync(folder, { recursive: true });
  assert(seen.read > FILES / 10 && seen.refused > FILES / 2, JSON.stringify(seen));
  // With several faults a different one may be met first.
  assert(seen.otherWords < FILES / 50, JSON.stringify(seen));
});
