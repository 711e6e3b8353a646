/**
 * The fact of a version: what it is made of, what it scored, and what was decided.
 * @module
 */
import { z } from "zod";
import { JOB_KINDS } from "./job_kinds.ts";
import { HASH } from "./names.ts";
import { rowCellSchema } from "./row_cell.ts";

const hash = z.string().regex(HASH);
const place = z.int().min(1);
const schema = z.literal(1);

/**
 * What the jobs of one kind took together. `coreSeconds`: seconds times the threads that each computed with; `steps`: gradient steps
 * of the last of them, where the kind is a training.
 */
const kindWorkSchema = z.object({
  kind: z.enum(JOB_KINDS),
  jobs: place,
  seconds: z.number(),
  coreSeconds: z.number(),
  steps: z.object({ asked: z.number(), done: z.number() }).exactOptional(),
});
/** The work of one kind's jobs for a version, in sums. */
export type KindWork = z.infer<typeof kindWorkSchema>;

/**
 * The decision on one attempt at a task. `tasks`: what this version knows, in the order it was learnt; the three
 * job ids have an output `weights`, and so have those of `proposer` and `actor`, where there are such networks; `parent` is
 * the version it continued; `jobs` are all jobs that led here, `kinds` their kinds in the same order, which facts of versions
 * up to 0.2 lack. `weights`: artifacts of those three, so that
 * what serves follows from the decision alone; lacking in the same facts. `revision`: of the task, where its dataset had grown.
 * `work`: what the jobs took that were done for it and for no version before it, kind by kind, those that read and measured its data
 * left out: who tells of a learner need not read them. Facts of versions up to 0.8 lack it.
 * `awaits`: the tasks whose scores from outside a parked version waits for.
 */
export const versionFactSchema = z.object({
  schema,
  ...{ version: place, task: place, revision: place.exactOptional(), attempt: place },
  decision: z.enum(["published", "parked"]),
  reasons: z.array(z.string()),
  parent: place.nullable(),
  tasks: z.array(place),
  stateGenerator: hash,
  behaviorGenerator: hash,
  critic: hash,
  proposer: hash.exactOptional(),
  actor: hash.exactOptional(),
  row: z.array(rowCellSchema),
  jobs: z.array(hash),
  kinds: z.array(z.enum(JOB_KINDS)).exactOptional(),
  weights: z.object({
    ...{ stateGenerator: hash, behaviorGenerator: hash, critic: hash },
    ...{ proposer: hash.exactOptional(), actor: hash.exactOptional() },
  }).exactOptional(),
  seconds: z.number(),
  work: z.array(kindWorkSchema).exactOptional(),
  awaits: z.array(place).exactOptional(),
});
/** The decision on one attempt at a task. Checked by {@link versionFactSchema}. */
export type VersionFact = z.infer<typeof versionFactSchema>;
