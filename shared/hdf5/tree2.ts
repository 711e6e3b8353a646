/**
 * The newer B-tree: of names, of attributes, of large objects of a heap, of chunks.
 * @module
 */
import {
  address,
  type Cursor,
  cursorAt,
  DAMAGED,
  type FileBytes,
  length,
  skip,
  StorageFault,
  uint,
} from "./bytes.ts";
import { checkedBlock } from "./checksums.ts";

/** The kinds of trees. */
export const TREE2 = { largeObjects: 1, names: 5, attributes: 8, chunks: 10, filteredChunks: 11 } as const;
/** Bytes of signature, version, type and checksum of a node. */
const AROUND = 10;

interface Tree {
  type: number;
  nodeBytes: number;
  recordBytes: number;
  /** Most records of a node of each depth, and bytes of a number of records below it. */
  most: number[];
  totalBytes: number[];
  countBytes: number;
}

interface Node {
  at: number | undefined;
  depth: number;
  records: number;
}

const bytesFor = (value: number) => Math.max(1, Math.ceil(Math.log2(value + 1) / 8));

function readHeader(file: FileBytes, at: number | undefined): { tree: Tree; root: Node } {
  const header = checkedBlock(file, at, 22 + file.offsetSize + file.lengthSize, "BTHD");
  const type = uint(header, 1);
  const nodeBytes = uint(header, 4);
  const recordBytes = uint(header, 2);
  const depth = uint(header, 2);
  uint(header, 2); // when nodes are split and merged
  const root = { at: address(header), depth, records: uint(header, 2) };
  length(header);
  if (recordBytes === 0 || depth > 32) throw new StorageFault(DAMAGED);
  const leaf = Math.floor((nodeBytes - AROUND) / recordBytes);
  const tree: Tree = {
    type,
    nodeBytes,
    recordBytes,
    most: [leaf],
    totalBytes: [0],
    countBytes: bytesFor(leaf),
  };
  let total = leaf;
  for (let level = 1; level <= depth; level++) {
    const pointer = file.offsetSize + tree.countBytes + tree.totalBytes[level - 1]!;
    const most = Math.floor((nodeBytes - AROUND - pointer) / (recordBytes + pointer));
    total = (most + 1) * total + most;
    tree.most.push(most);
    tree.totalBytes.push(bytesFor(total));
  }
  return { tree, root };
}

/**
 * Walks a tree.
 *
 * @param types what the tree may be of
 * @param take gets each record, which ends where its cursor ends
 * @throws {StorageFault}
 */
export function walkTree2(
  file: FileBytes,
  at: number | undefined,
  types: readonly number[],
  take: (record: Cursor, type: number) => void,
): void {
  const { tree, root } = readHeader(file, at);
  if (!types.includes(tree.type)) throw new StorageFault(DAMAGED);
  const nodes = [root];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    if (node.at === undefined) continue;
    if (!(node.records <= tree.most[node.depth]!)) throw new StorageFault(DAMAGED);
    const block = openNode(file, tree, node);
    if (uint(block, 1) !== tree.type) throw new StorageFault(DAMAGED);
    for (let record = 0; record < node.records; record++) {
      take(cursorAt(file, skip(block, tree.recordBytes), tree.recordBytes), tree.type);
    }
    if (node.depth === 0) continue;
    for (let child = 0; child <= node.records; child++) {
      nodes.push({ at: address(block), depth: node.depth - 1, records: uint(block, tree.countBytes) });
      if (node.depth > 1) uint(block, tree.totalBytes[node.depth - 1]!);
    }
  }
}

/** The checksum stands behind what is used of a node. */
function openNode(file: FileBytes, { recordBytes, countBytes, totalBytes }: Tree, node: Node): Cursor {
  const pointer = file.offsetSize + countBytes + (node.depth > 1 ? totalBytes[node.depth - 1]! : 0);
  const pointers = node.depth === 0 ? 0 : (node.records + 1) * pointer;
  const size = AROUND + node.records * recordBytes + pointers;
  return checkedBlock(file, node.at, size, node.depth === 0 ? "BTLF" : "BTIN");
}
