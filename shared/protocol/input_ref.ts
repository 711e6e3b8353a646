/**
 * Where a job's input comes from.
 * @module
 */
import { z } from "zod";
import { HASH } from "./names.ts";

const hash = z.string().regex(HASH);

/**
 * A dataset by content hash, an output of a job, or an artifact by content hash. The last names what was computed at
 * import (normaliser, sketch): import jobs are identified by where a file lay, so naming their outputs by content keeps
 * every later id free of names, paths and etags.
 */
export const inputRefSchema = z.union([
  z.strictObject({ dataset: hash }),
  z.strictObject({ job: hash, output: z.string().min(1) }),
  z.strictObject({ artifact: hash }),
]);
/** A dataset by content hash, an output of a job, or an artifact by content hash. Checked by {@link inputRefSchema}. */
export type InputRef = z.infer<typeof inputRefSchema>;
