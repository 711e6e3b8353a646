/**
 * Text of strangers in messages: short, on one line, and without signs that change what is around them.
 * @module
 */

/** Control characters, signs that turn the direction of writing, line separators, lone surrogates. */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * The text as it may be printed.
 *
 * @param most letters; what is beyond them becomes an ellipsis
 * @param text any
 * @returns at most `most` letters, without control characters
 */
export function printable(text: string, most: number): string {
  // First cut: a name may have a million letters.
  const shown = text.slice(0, most).replace(
    UNPRINTABLE,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > most || shown.length > 2 * most ? `${shown.slice(0, 2 * most)}…` : shown;
}
