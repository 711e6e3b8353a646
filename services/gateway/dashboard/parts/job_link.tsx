/**
 * A job or artifact by the first digits of its hash.
 * @module
 */
import { toLearner } from "../state/route.ts";

/** As many digits of an id as tell jobs of a learner apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** A link to a job. */
export function JobLink({ learner, job }: { learner: string; job: string }) {
  return <a class="hash" href={toLearner(learner, "jobs", job)} title={`job ${job}`}>{shortHash(job)}</a>;
}
