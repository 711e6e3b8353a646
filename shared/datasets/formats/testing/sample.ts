/**
 * The same transitions in every format; `make_files.py` wrote them with the tools that users have.
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Numbers, type Values, valuesIn } from "@cugro/hdf5";
import type { ReadOptions } from "../../notice.ts";
import { readDataset } from "../../read_dataset.ts";
import { datasetHash } from "../../stored.ts";

/** Bytes of one of the files. */
export function sample(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`files/${name}`, import.meta.url))));
}

/** All numbers of an array. */
export function numbersOf(data: Numbers | Values): number[] {
  return Array.from(valuesIn(data).read(0, data.length));
}

/** Path of one of the folders. */
export function sampleFolder(name: string): string {
  return fileURLToPath(new URL(`files/${name}`, import.meta.url));
}

/** Hash of what is read of one of the files, and the codes of its notices. */
export function readSample(name: string, options: ReadOptions = {}): { hash: string; codes: string[] } {
  const { dataset, notices } = readDataset(sample(name), name, options);
  return { hash: datasetHash(dataset), codes: notices.map(({ code }) => code) };
}
