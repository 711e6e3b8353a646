/**
 * An incoming file -> a validated dataset, its normaliser, its sketch and the hashes of its episodes.
 * @module
 */
import { translateErrors } from "@cugro/jobs";
import { type Config, IMPORT_MAX_BYTES } from "@cugro/process";
import type { JobHandlers } from "@cugro/worker";
import { importDataset } from "./import_dataset.ts";
import { measureDataset } from "./measure_dataset.ts";

export { type JudgedFile, judgeFile, judgeFileAt, type OpenFile, READ_WHOLE_BYTES } from "@cugro/judging";

/**
 * The handlers of this service's kinds of jobs.
 *
 * @param dependencies `config.importMaxBytes`: a larger file is not read. By default 16 GiB
 * @returns errors of datasets are permanent, others are tried again
 * @default 16 GiB
 */
export function createHandlers(
  { config }: { config?: Pick<Config, "importMaxBytes"> & Partial<Pick<Config, "gymnasium">> } = {},
): JobHandlers {
  const maxBytes = config?.importMaxBytes ?? IMPORT_MAX_BYTES;
  const trust = config?.gymnasium?.trust;
  return {
    "dataset.import": translateErrors((context) =>
      importDataset(context, { maxBytes, ...trust === undefined ? {} : { trust } })
    ),
    "dataset.measure": translateErrors(measureDataset),
  };
}
