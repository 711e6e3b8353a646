/**
 * The header of a stranger's safetensors file: JSON that is looked through before it is parsed, as a parser keeps the last of
 * two equal names and follows any depth.
 * @module
 */
import type { ByteSource } from "@cugro/hdf5";
import { printable } from "../printable.ts";

/** A sentence about the header. */
export class HeaderFault extends Error {
  override name = "HeaderFault";
}

const MOST_BYTES = 4 * 2 ** 20;
/** The header, a tensor, its shape. */
const MOST_DEPTH = 3;

/**
 * The header's object, and where the data begins.
 *
 * @param source the file
 * @returns JSON as it is written; `dataAt` in bytes
 * @throws {HeaderFault} saying what is wrong with it
 */
export function readHeader(source: ByteSource): { header: Record<string, unknown>; dataAt: number } {
  if (source.size < 8) throw new HeaderFault("the file is cut short");
  const start = source.read(0, 8);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(source.size - 8)) {
    throw new HeaderFault(`its header should take ${length} bytes, but the file has ${source.size}`);
  }
  if (length > MOST_BYTES) {
    throw new HeaderFault(`its header takes ${length} bytes: at most ${MOST_BYTES} are read`);
  }
  const dataAt = 8 + Number(length);
  const text = decode(source.read(8, dataAt));
  checkNames(text);
  return { header: parse(text), dataAt };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HeaderFault("its header is not text", { cause });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const header = JSON.parse(text);
    if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  } catch {
    // Said below.
  }
  throw new HeaderFault("its header is not a JSON object");
}

/** Looks at names and depth only; whether it is JSON is the parser's to say. */
function checkNames(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign === "{" || sign === "[") open.push(sign === "{" ? new Set() : undefined);
    else if (sign === "}" || sign === "]") open.pop();
    else if (sign === '"') {
      const end = endOfText(text, at);
      if (isName(text, end)) addName(open.at(-1), text.slice(at, end));
      at = end - 1;
    }
    if (open.length > MOST_DEPTH) throw new HeaderFault("its header is nested too deep");
  }
}

/** Behind the closing quotation mark of the text that begins here. */
function endOfText(text: string, begin: number): number {
  let at = begin + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isName(text: string, at: number): boolean {
  while (/\s/.test(text[at] ?? "")) at++;
  return text[at] === ":";
}

function addName(names: Set<string> | undefined, token: string): void {
  let name = token;
  try {
    name = JSON.parse(token);
  } catch {
    // No JSON; the parser will say so.
  }
  if (names?.has(name)) throw new HeaderFault(`its header has the name ${printable(name, 60)} twice`);
  names?.add(name);
}
