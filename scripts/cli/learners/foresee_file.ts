/**
 * A forecast for a local file, before it is handed over.
 * @module
 */
import { judgeFile } from "@cugro/dataset-import";
import { DatasetError, datasetHash, episodeHashes, packFolder } from "@cugro/datasets";
import { foreseeRevision } from "@cugro/learners";
import type { Reading } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";

/** A larger file is not read twice: its outcome is shown after the import, before anything is trained. */
const MOST_BYTES = 256 << 20;

/**
 * That a file is a task's dataset with more rows, in a sentence; undefined where it is not, or cannot be determined yet. Of a bad
 * file its import says what is wrong.
 */
export async function foresee(
  store: Store,
  learner: string,
  path: string,
  reading: Reading = {},
): Promise<string | undefined> {
  const packed = await packFolder(path);
  const size = packed?.body.length ?? (await stat(path)).size;
  if (size > MOST_BYTES) return undefined;
  try {
    const bytes = packed?.body ?? await readFile(path);
    const { dataset } = await judgeFile(bytes, packed?.fileName ?? basename(path), reading);
    const { metadata: { discreteActions }, stateDim, actionDim } = dataset;
    return await foreseeRevision(store, learner, {
      ...{ datasetHash: datasetHash(dataset), stateDim, actionDim, size: dataset.size },
      ...(discreteActions === undefined ? {} : { discreteActions }),
      episodes: episodeHashes(dataset),
    });
  } catch (error) {
    if (error instanceof DatasetError) return undefined;
    throw error;
  }
}
