/**
 * Which jobs lie in the queue: each is a subject of the stream JOBS that holds a message.
 * @module
 */
import { JOB_KINDS, type JobName } from "@cugro/protocol";
import type { Link } from "./link.ts";
import { consumerName, STREAMS } from "./subjects.ts";

/** The server's answer about a stream's subjects. */
interface SubjectsInfo {
  state: { subjects?: Record<string, number> };
  /** Of all subjects. */
  total?: number;
}

/**
 * The jobs that wait or run; the server gives a page at a time, and says how many there are.
 *
 * @param link the connection
 * @returns kind and id of each, in no order; what comes or goes meanwhile may be missing
 */
export async function queuedJobs(link: Link): Promise<JobName[]> {
  const jobs: JobName[] = [];
  for (let total = 1; jobs.length < total;) {
    const { state, total: all = 0 } = await link.askJetStream<SubjectsInfo>(
      `$JS.API.STREAM.INFO.${STREAMS.jobs}`,
      JSON.stringify({ subjects_filter: "jobs.>", offset: jobs.length }),
    );
    const subjects = Object.keys(state.subjects ?? {});
    if (subjects.length === 0) break;
    jobs.push(...subjects.map(nameOf));
    total = all;
  }
  return jobs;
}

/** `jobs.<service>.<kind>.<id>`, where the point of a kind is a dash. */
function nameOf(subject: string): JobName {
  const [, , consumer, id = ""] = subject.split(".");
  return { id, kind: JOB_KINDS.find((kind) => consumerName(kind) === consumer) };
}
