/**
 * Reads safetensors: the stored form of a dataset, and a format users may send.
 * @module
 */
import { decodeTensors } from "@cugro/protocol";
import { DatasetError, type RawDataset } from "./dataset.ts";

/**
 * Reads every tensor; the header's metadata become attributes (numbers and lists in JSON notation).
 * @param bytes the whole file
 * @param file name used in errors
 * @throws {DatasetError} if the file is damaged
 */
export function readSafetensors(
  bytes: Uint8Array,
  file: string,
  wanted?: ReadonlySet<string>,
): RawDataset {
  try {
    const { tensors, metadata } = decodeTensors(bytes);
    const attributes = Object.fromEntries(
      Object.entries(metadata).map(([name, text]) => [name, parseAttribute(text)]),
    );
    const arrays = Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted?.has(name) ?? true));
    return { arrays, attributes, present: Object.keys(tensors) };
  } catch (cause) {
    throw new DatasetError({ file }, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseAttribute(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
