/**
 * Where the values of a field lie: in the header, in one piece, or in chunks that an index finds.
 * @module
 */
import { address, type Cursor, DAMAGED, length, skip, StorageFault, uint } from "./bytes.ts";

/** An index of chunks, as the layout message describes it. */
export interface ChunkIndex {
  kind: "tree" | "single" | "implicit" | "fixed array" | "extensible array" | "tree 2";
  /** Undefined where no chunk was ever written. */
  at: number | undefined;
  /** Of a single chunk: its bytes in the file, where it is filtered, and the filters that it skips. */
  stored?: number;
  mask: number;
}

/** Where values lie. `at` is undefined where nothing was ever written. */
export type Layout =
  | { kind: "whole"; at: number | undefined; bytes: number }
  | {
    kind: "chunked";
    /** Sides of a chunk in numbers, and bytes of a number. */
    chunk: number[];
    elementSize: number;
    /** Whether chunks that reach beyond the field's end are kept as they are. */
    plainEdges: boolean;
    index: ChunkIndex;
  };

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const VIRTUAL = 3;

/**
 * Reads a layout message.
 *
 * @param body of a layout message
 * @returns values in one piece, or in chunks with an index
 * @throws {StorageFault} for old, virtual and damaged layouts
 */
export function readLayout(body: Cursor): Layout {
  const version = uint(body, 1);
  if (version < 3) {
    throw new StorageFault("its layout is that of HDF5 before 1.6.3: copy the file with h5repack");
  }
  if (version > 5) throw new StorageFault(`its layout has the unknown version ${version}`);
  const kind = uint(body, 1);
  if (kind === COMPACT) {
    const bytes = uint(body, 2);
    return { kind: "whole", at: skip(body, bytes), bytes };
  }
  if (kind === CONTIGUOUS) return { kind: "whole", at: address(body), bytes: length(body) };
  if (kind === VIRTUAL) {
    throw new StorageFault("virtual datasets, whose values lie in other files, are refused");
  }
  if (kind !== CHUNKED) throw new StorageFault(DAMAGED);
  return version === 3 ? chunkedByTree(body) : chunkedByIndex(body);
}

function chunkedByTree(body: Cursor): Layout {
  const sides = uint(body, 1);
  const at = address(body);
  return {
    kind: "chunked",
    ...readSides(body, sides, 4),
    plainEdges: false,
    index: { kind: "tree", at, mask: 0 },
  };
}

function readSides(body: Cursor, count: number, size: number): { chunk: number[]; elementSize: number } {
  const sides = Array.from({ length: count }, () => uint(body, size));
  if (count < 2 || sides.some((side) => side < 1)) throw new StorageFault(DAMAGED);
  return { chunk: sides.slice(0, -1), elementSize: sides.at(-1)! };
}

/** How many bytes of parameters an index has before its address. */
const INDEXES = {
  2: ["implicit", 0],
  3: ["fixed array", 1],
  4: ["extensible array", 5],
  5: ["tree 2", 6],
} as const;

function chunkedByIndex(body: Cursor): Layout {
  const flags = uint(body, 1);
  const count = uint(body, 1);
  const sides = readSides(body, count, uint(body, 1));
  const kind = uint(body, 1);
  const common = { kind: "chunked", ...sides, plainEdges: (flags & 1) !== 0 } as const;
  if (kind === 1) {
    const filtered = (flags & 2) !== 0 ? { stored: length(body), mask: uint(body, 4) } : { mask: 0 };
    return { ...common, index: { kind: "single", ...filtered, at: address(body) } };
  }
  const [name, parameters] = INDEXES[kind as keyof typeof INDEXES] ?? [];
  if (name === undefined) throw new StorageFault(DAMAGED);
  skip(body, parameters!);
  return { ...common, index: { kind: name, at: address(body), mask: 0 } };
}
