/**
 * Canonical JSON (RFC 8785) and its hash: the one way in which a value becomes bytes, so that equal values have
 * equal identities on every machine.
 * @module
 */
import { createHash } from "node:crypto";

/** Any value that JSON can represent. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };
/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

/**
 * Canonical JSON text of a value: no white space, members sorted by UTF-16 code units, numbers as ECMAScript
 * writes them (RFC 8785). Members whose value is `undefined` are left out, as `JSON.stringify` does.
 *
 * @param value undefined only as a member
 * @returns text, the same for equal values
 * @throws {TypeError} for values that JSON cannot represent (NaN, infinities, functions, lone surrogates), naming their place.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$");
}

/**
 * SHA-256 of bytes, or of a string's UTF-8, in lower-case hexadecimal.
 *
 * @param data bytes, or text
 * @returns 64 digits
 */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function write(value: unknown, place: string): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return writeNumber(value, place);
  if (typeof value === "string") return writeString(value, place);
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => write(item, `${place}[${index}]`)).join(",")}]`;
  }
  if (isPlainObject(value)) return writeObject(value, place);
  throw new TypeError(`Cannot write ${place} as JSON: current value is ${describe(value)}`);
}

function writeNumber(value: number, place: string): string {
  if (!Number.isFinite(value)) {
    throw new TypeError(`Cannot write ${place} as JSON: current value is ${value}`);
  }
  return JSON.stringify(value);
}

function writeString(value: string, place: string): string {
  if (!value.isWellFormed()) throw new TypeError(`Cannot write ${place} as JSON: it holds a lone surrogate`);
  return JSON.stringify(value);
}

function writeObject(value: Record<string, unknown>, place: string): string {
  const names = Object.keys(value).filter((name) => value[name] !== undefined).sort();
  const members = names.map((name) =>
    `${writeString(name, place)}:${write(value[name], `${place}.${name}`)}`
  );
  return `{${members.join(",")}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === "object" ? `a ${value?.constructor?.name ?? "object"}` : String(value);
}
