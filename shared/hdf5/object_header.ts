/**
 * The messages in the header of an object: what it is made of.
 * @module
 */
import {
  address,
  byteAt,
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
import { checkBlock } from "./checksums.ts";

/** Types of messages that are looked at. */
export const MESSAGE = {
  space: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFill: 0x04,
  fill: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message. `isShared`: its body only says where the message is. */
export interface Message {
  type: number;
  isShared: boolean;
  body: Cursor;
}

interface Form {
  /** Bytes around the messages of a further block: signature and checksum. */
  around: [before: number, after: number];
  /** Bytes of a message's type, and of what stands between its flags and its body. */
  typeBytes: number;
  moreBytes: number;
}

/**
 * All messages of the object at an address.
 *
 * @param at address of the object
 * @returns those of all blocks of its header
 * @throws {StorageFault} where it is damaged
 */
export function messagesOf(file: FileBytes, at: number | undefined): Message[] {
  const prefix = cursorAt(file, at);
  const { form, size } = byteAt(file, prefix.at) === 0x4f ? newPrefix(prefix) : oldPrefix(prefix);
  const blocks = [cursorAt(file, prefix.at, size)];
  const messages: Message[] = [];
  for (const block of blocks) {
    spend(file, 16 + block.end - block.at);
    for (let message = readMessage(block, form); message; message = readMessage(block, form)) {
      messages.push(message);
      if (message.type === MESSAGE.continuation) blocks.push(furtherBlock(file, message.body, form));
    }
  }
  return messages;
}

/**
 * A body of this type, once and not shared; undefined where there is none.
 *
 * @param messages of an object's header
 * @param type of {@link MESSAGE}
 * @returns a cursor of its own
 * @throws {StorageFault} where there are two, or it is shared
 */
export function bodyOf(messages: readonly Message[], type: number): Cursor | undefined {
  const found = messages.filter((message) => message.type === type);
  if (found.length > 1) throw new StorageFault(DAMAGED);
  if (found[0]?.isShared) {
    throw new StorageFault("parts of its header are in a table of shared messages, which is not read");
  }
  return found[0] && { ...found[0].body };
}

function furtherBlock(file: FileBytes, body: Cursor, { around: [before, after] }: Form): Cursor {
  const block = cursorAt(file, address(body), length(body));
  if (before > 0) {
    checkBlock(file, block.at, block.end - block.at);
    expectSignature(block, "OCHK");
  }
  return cursorAt(file, block.at, block.end - after - block.at);
}

/** Version 1: no signature, no checksum; messages are aligned to 8 bytes. */
function oldPrefix(prefix: Cursor): { form: Form; size: number } {
  if (uint(prefix, 1) !== 1) throw new StorageFault(DAMAGED);
  skip(prefix, 7);
  const size = uint(prefix, 4);
  skip(prefix, 4);
  return { form: { around: [0, 0], typeBytes: 2, moreBytes: 3 }, size };
}

function newPrefix(prefix: Cursor): { form: Form; size: number } {
  const begin = prefix.at;
  expectSignature(prefix, "OHDR");
  if (uint(prefix, 1) !== 2) throw new StorageFault(DAMAGED);
  const flags = uint(prefix, 1);
  if (flags & 0x20) skip(prefix, 16);
  if (flags & 0x10) skip(prefix, 4);
  const size = uint(prefix, 1 << (flags & 3));
  checkBlock(prefix.file, begin, prefix.at + size + 4 - begin);
  return { form: { around: [4, 4], typeBytes: 1, moreBytes: flags & 4 ? 2 : 0 }, size };
}

function readMessage(block: Cursor, { typeBytes, moreBytes }: Form): Message | undefined {
  // What is left over behind the last message is a gap.
  if (block.end - block.at < typeBytes + 3 + moreBytes) return undefined;
  const type = uint(block, typeBytes);
  const size = uint(block, 2);
  const flags = uint(block, 1);
  skip(block, moreBytes);
  return { type, isShared: (flags & 2) !== 0, body: cursorAt(block.file, skip(block, size), size) };
}
