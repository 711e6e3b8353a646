/**
 * Datasets that have grown: the same task with more data.
 * @module
 */
import { z } from "zod";
import { distancesSchema } from "./acting.ts";
import { importSummarySchema, taskFactSchema } from "./facts.ts";
import { HASH } from "./names.ts";

const place = z.int().min(1);
const count = z.int().min(0);
const hash = z.string().regex(HASH);
/** A number of episodes, and of the rows in them. */
const portion = z.object({ episodes: count, rows: count });

/**
 * An arrival was accepted as revision r of task k: its episodes are the task's and more. Metadata of the data (`name` to `notices`)
 * is the file's; goal, horizon and anchors stay the task's.
 *
 * - `importJob`, `measureJob`: what read the file, and what measured its dataset in the task's coordinates, which made
 *   the artifacts `normaliser` and `sketch`; `episodeHashes` is an artifact, too.
 * - `attempt`: the first attempt at it; attempts at a task are numbered through its revisions.
 * - `known`: what was the task's; `added`: what was not; `gone`: what was the task's and is not in the file.
 *   `leading`: the known rows are the file's first ones.
 */
export const revisionFactSchema = z.object({
  schema: z.literal(1),
  task: place,
  revision: place,
  arrival: place,
  attempt: place,
  ...importSummarySchema.pick({
    ...{ name: true, datasetHash: true, size: true, episodes: true, bytes: true, notices: true },
  }).shape,
  ...taskFactSchema.pick({ importJob: true, normaliser: true, sketch: true }).shape,
  measureJob: hash,
  episodeHashes: hash,
  heldOutDistances: distancesSchema.exactOptional(),
  known: portion,
  added: portion,
  gone: portion,
  leading: z.boolean(),
});
/** An arrival was accepted as revision r of task k: its episodes are the task's and more. Checked by {@link revisionFactSchema}. */
export type RevisionFact = z.infer<typeof revisionFactSchema>;
