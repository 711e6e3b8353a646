/**
 * What a group has, by name; and what a name stands for.
 * @module
 */
import {
  address,
  bytesIn,
  type Cursor,
  cursorAt,
  DAMAGED,
  expectSignature,
  type FileBytes,
  length,
  skip,
  spend,
  StorageFault,
  uint,
} from "./bytes.ts";
import { openHeap } from "./fractal_heap.ts";
import { bodyOf, MESSAGE, type Message, messagesOf } from "./object_header.ts";
import { TREE, walkTree1 } from "./tree1.ts";
import { TREE2, walkTree2 } from "./tree2.ts";

/** A name in a group: of an object, of a path, or of something in another file. */
export interface Link {
  name: string;
  at?: number | undefined;
  path?: string;
}

const HARD = 0;
const SOFT = 1;
const SYMBOLIC = 2;
/** Names that are looked up on the way to an object. */
const MOST_STEPS = 64;

/**
 * Whether the messages are a group's.
 *
 * @param messages of an object's header
 * @returns by the types of messages alone
 */
export function isGroup(messages: readonly Message[]): boolean {
  return messages.some(({ type }) =>
    type === MESSAGE.symbolTable || type === MESSAGE.linkInfo || type === MESSAGE.link
  );
}

/**
 * The links of a group.
 *
 * @param messages of the group's header
 * @returns names with addresses or paths, in the order of the file
 * @throws {StorageFault} where they are damaged
 */
export function linksOf(file: FileBytes, messages: readonly Message[]): Link[] {
  const links: Link[] = [];
  const table = bodyOf(messages, MESSAGE.symbolTable);
  if (table) addOfTable(file, table, links);
  for (const { type, body } of messages) if (type === MESSAGE.link) links.push(readLink({ ...body }));
  const info = bodyOf(messages, MESSAGE.linkInfo);
  if (info) addOfHeap(file, info, links);
  return links;
}

/** The older form: a tree of names, which lie in a heap. */
function addOfTable(file: FileBytes, body: Cursor, links: Link[]): void {
  const tree = address(body);
  const names = openNames(file, address(body));
  walkTree1(file, tree, TREE.names, file.lengthSize, (_key, at) => {
    const node = cursorAt(file, at);
    expectSignature(node, "SNOD");
    skip(node, 2);
    const count = uint(node, 2);
    spend(file, 8 + 40 * count);
    for (let entry = 0; entry < count; entry++) {
      const name = names(uint(node, file.offsetSize));
      const header = address(node);
      const kind = uint(node, 4);
      skip(node, 4);
      const scratch = cursorAt(file, skip(node, 16), 16);
      links.push(kind === SYMBOLIC ? { name, path: names(uint(scratch, 4)) } : { name, at: header });
    }
  });
}

function openNames(file: FileBytes, at: number | undefined): (offset: number) => string {
  const heap = cursorAt(file, at);
  expectSignature(heap, "HEAP");
  skip(heap, 4);
  const size = length(heap);
  length(heap);
  const segment = cursorAt(file, address(heap), size);
  return (offset) => {
    const begin = cursorAt(file, segment.at + offset).at;
    const name = textBefore(file, begin, segment.end);
    if (!name) throw new StorageFault(DAMAGED);
    spend(file, name.length);
    return new TextDecoder().decode(name);
  };
}

/** Bytes up to a zero, which must stand before `end`. */
function textBefore(file: FileBytes, begin: number, end: number): Uint8Array | undefined {
  // Names are short: a whole heap is looked at only where there is no zero near.
  for (let most = Math.min(end, begin + 256);; most = end) {
    const bytes = bytesIn(file, begin, Math.max(begin, most));
    const length = bytes.indexOf(0);
    if (length >= 0) return bytes.subarray(0, length);
    if (most >= end) return undefined;
  }
}

function readLink(body: Cursor): Link {
  if (uint(body, 1) !== 1) throw new StorageFault(DAMAGED);
  const flags = uint(body, 1);
  const kind = flags & 8 ? uint(body, 1) : HARD;
  if (flags & 4) skip(body, 8);
  if (flags & 0x10) skip(body, 1);
  const size = uint(body, 1 << (flags & 3));
  const at = skip(body, size);
  const name = new TextDecoder().decode(bytesIn(body.file, at, at + size));
  if (kind === HARD) return { name, at: address(body) };
  if (kind !== SOFT) return { name };
  const pathBytes = uint(body, 2);
  const pathAt = skip(body, pathBytes);
  return { name, path: new TextDecoder().decode(bytesIn(body.file, pathAt, pathAt + pathBytes)) };
}

/** Many links of the newer form: messages in a heap, which a tree lists. */
function addOfHeap(file: FileBytes, body: Cursor, links: Link[]): void {
  skip(body, 1);
  const flags = uint(body, 1);
  if (flags & 1) skip(body, 8);
  const heap = address(body);
  const tree = address(body);
  if (heap === undefined || tree === undefined) return;
  const object = openHeap(file, heap);
  walkTree2(file, tree, [TREE2.names], (record) => {
    skip(record, 4); // the name's hash
    links.push(readLink(object(record)));
  });
}

/**
 * What a link stands for: messages of its object.
 *
 * @param from links of the group that it is in
 * @param steps how many further links may be followed
 * @returns messages of the object's header
 * @throws {StorageFault} where it leads elsewhere, or nowhere
 */
export function followLink(
  file: FileBytes,
  link: Link,
  from: readonly Link[],
  steps = { left: MOST_STEPS },
): Message[] {
  if (link.at !== undefined) return messagesOf(file, link.at);
  if (link.path === undefined) {
    throw new StorageFault("links to other files are refused: write the values to this one");
  }
  let group = link.path.startsWith("/") ? linksOf(file, messagesOf(file, file.root)) : from;
  const names = link.path.split("/").filter((name) => name !== "" && name !== ".");
  let messages: Message[] | undefined;
  for (const name of names) {
    if (steps.left-- === 0) throw new StorageFault("it is a link that leads back to itself");
    if (messages) group = linksOf(file, messages);
    const next = group.find((one) => one.name === name);
    if (!next) throw new StorageFault("it is a link that leads nowhere");
    messages = followLink(file, next, group, steps);
  }
  return messages ?? messagesOf(file, file.root);
}
