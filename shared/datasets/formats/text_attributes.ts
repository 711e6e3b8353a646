/**
 * Attributes of formats that keep texts beside the data: numbers and lists stand there in JSON notation.
 * @module
 */
import { DatasetError } from "../dataset.ts";
import { ATTRIBUTE_NAMES } from "../field_names.ts";
import { printable } from "../printable.ts";

const MOST_ATTRIBUTE_LETTERS = 2 ** 16;

/**
 * The known attributes among texts.
 *
 * @param metadata any JSON
 * @param file named in errors
 * @returns values by name, read as JSON where they are that
 * @throws {DatasetError} naming the attribute that is no text, or too long
 */
export function attributesOfTexts(metadata: unknown, file: string): Record<string, unknown> {
  if (metadata === undefined) return {};
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new DatasetError({ file, field: "__metadata__" }, "it must be a map of texts");
  }
  const attributes: Record<string, unknown> = {};
  for (const name of ATTRIBUTE_NAMES) {
    if (!Object.hasOwn(metadata, name)) continue;
    const text = (metadata as Record<string, unknown>)[name];
    if (typeof text !== "string" || text.length > MOST_ATTRIBUTE_LETTERS) {
      const value = typeof text === "string" ? printable(text, 60) : typeof text;
      throw new DatasetError(
        { file, field: `@${name}`, value },
        "it must be a text, and no longer than 65,536 letters",
      );
    }
    attributes[name] = parseAttribute(text);
  }
  return attributes;
}

function parseAttribute(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
