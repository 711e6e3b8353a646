/**
 * Facts as bytes: canonical JSON, checked on reading and writing.
 * @module
 */
import type { z } from "zod";
import { canonicalJson, sha256 } from "./canonical.ts";

/** Newest schema of every fact that this code reads. */
export const FACT_SCHEMA = 1;

/**
 * The fact in these bytes.
 *
 * @param schema of the fact
 * @param bytes JSON in UTF-8, as bytes
 * @param key of the object, for the error
 * @returns as the schema reads it
 * @throws {SyntaxError} naming the key and the member, or that a newer version of the software wrote it.
 */
export function parseFact<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SyntaxError(`${key} is damaged: it is not JSON`, { cause });
  }
  const written = (value as { schema?: unknown } | null)?.schema;
  if (typeof written === "number" && written > FACT_SCHEMA) {
    throw new SyntaxError(
      `${key} was written by a newer version (schema ${written}; this one reads up to ${FACT_SCHEMA}): upgrade first`,
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new SyntaxError(`${key} is damaged: ${firstIssue(parsed.error)}`, { cause: parsed.error });
  }
  return parsed.data;
}

/**
 * Canonical JSON bytes of a fact.
 *
 * @param schema checked first, if given.
 * @returns JSON in UTF-8
 * @throws {TypeError} when the value does not fit the schema or JSON.
 */
export function encodeFact<T>(value: T, schema?: z.ZodType<T>): Uint8Array {
  const parsed = schema?.safeParse(value);
  if (parsed && !parsed.success) throw new TypeError(`Cannot write this fact: ${firstIssue(parsed.error)}`);
  return new TextEncoder().encode(canonicalJson(value));
}

/**
 * Content address of bytes, as artifacts have it.
 *
 * @param bytes the bytes of the artifact
 * @returns SHA-256 as 64 hexadecimal digits
 */
export function artifactId(bytes: Uint8Array): string {
  return sha256(bytes);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join(".") || "value"}: ${issue.message}` : error.message;
}
