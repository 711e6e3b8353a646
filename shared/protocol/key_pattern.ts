/**
 * Keys of a kind as patterns, for rights.
 * @module
 */
import { KEY_SHAPES, type KeyKind, type KeyOf } from "./key_grammar.ts";

/** A job's id in a pattern. */
const ANY_JOB = "?".repeat(64);

/**
 * Keys of a kind as rights name them: every name and number that is not given, with the ending behind it, is a `*`,
 * which stands for slashes too. Only in keys of the old layout a job is its 64 characters, so that the pattern fits no
 * key of the new one.
 * @param given names and numbers that are fixed
 * @returns a key with `*`
 */
export function keyPattern<K extends KeyKind>(kind: K, given: Partial<Omit<KeyOf<K>, "kind">> = {}): string {
  const isOld = kind.startsWith("old");
  return KEY_SHAPES[kind].replace(/\{(\w+)\}[^/]*/g, (part, name: string) => {
    const value: unknown = given[name as keyof typeof given];
    if (value !== undefined) return part.replace(`{${name}}`, String(value));
    return isOld && name === "job" ? ANY_JOB : "*";
  });
}
