/**
 * The older B-tree: of a group's names, or of a field's chunks.
 * @module
 */
import {
  address,
  type Cursor,
  cursorAt,
  DAMAGED,
  expectSignature,
  type FileBytes,
  skip,
  spend,
  StorageFault,
  uint,
} from "./bytes.ts";

/** The kinds of trees. */
export const TREE = { names: 0, chunks: 1 } as const;

/**
 * Walks a tree.
 *
 * @param keyBytes bytes of a key
 * @param take gets the key before each child of a leaf, and the child's address
 * @throws {StorageFault}
 */
export function walkTree1(
  file: FileBytes,
  root: number | undefined,
  type: number,
  keyBytes: number,
  take: (key: Cursor, child: number) => void,
): void {
  const nodes: { at: number | undefined; level?: number }[] = [{ at: root }];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    const cursor = cursorAt(file, node.at);
    expectSignature(cursor, "TREE");
    const found = uint(cursor, 1);
    const level = uint(cursor, 1);
    // Leaves have level 0.
    if (found !== type || (node.level !== undefined && level !== node.level)) throw new StorageFault(DAMAGED);
    const entries = uint(cursor, 2);
    skip(cursor, 2 * file.offsetSize);
    spend(file, 24 + entries * (keyBytes + file.offsetSize));
    for (let entry = 0; entry < entries; entry++) {
      const key = cursorAt(file, skip(cursor, keyBytes), keyBytes);
      const at = address(cursor);
      if (at === undefined) throw new StorageFault(DAMAGED);
      if (level === 0) take(key, at);
      else nodes.push({ at, level: level - 1 });
    }
  }
}
