/**
 * The jobs of one task as a small graph: one node a kind, in columns by what must be done before. Pure.
 * @module
 */
import type { JobSummary } from "@cugro/client";

/** All jobs of one kind. `column`: kinds that must be done before stand further left; `needs`: kinds that it reads from. */
export interface JobGroup {
  kind: JobSummary["kind"];
  name: string;
  jobs: readonly JobSummary[];
  column: number;
  needs: readonly JobSummary["kind"][];
}

const NAMES: Record<JobSummary["kind"], string> = {
  "dataset.import": "read the file",
  "dataset.measure": "measure the data",
  "states.sample": "sample old states",
  "actions.label": "label them with actions",
  "states.train": "train state generator",
  "behavior.train": "train behavior generator",
  "critic.train": "train critic",
  "proposer.label": "label for the proposer",
  "proposer.train": "train proposer",
  "actor.label": "label for the actor",
  "actor.train": "train actor",
  "policy.evaluate": "evaluate each task",
  "policy.estimate": "estimate each task",
};

/** A kind in words. */
export function nameOfKind(kind: JobSummary["kind"]): string {
  return NAMES[kind] ?? kind;
}

/** Those of the jobs that lead to these, themselves included. */
export function jobsBehind(jobs: readonly JobSummary[], roots: Iterable<string>): JobSummary[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const found = new Set<string>();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const job = byId.get(id);
    if (!job || found.has(id)) continue;
    found.add(id);
    open.push(...job.needs);
  }
  return jobs.filter(({ id }) => found.has(id));
}

/** The graph of these jobs, by column. */
export function groupJobs(jobs: readonly JobSummary[]): JobGroup[] {
  const kinds = [...new Set(jobs.map(({ kind }) => kind))];
  const kindOf = new Map(jobs.map(({ id, kind }) => [id, kind]));
  const needs = new Map(kinds.map((kind) => {
    const read = jobs.filter((job) => job.kind === kind).flatMap((job) =>
      job.needs.flatMap((id) => kindOf.get(id) ?? [])
    );
    return [kind, [...new Set(read)].filter((other) => other !== kind)];
  }));
  const columns = new Map<string, number>();
  const columnOf = (kind: JobSummary["kind"], seen: readonly string[] = []): number => {
    const known = columns.get(kind);
    if (known !== undefined) return known;
    // Kinds that read from each other share a column.
    const before = needs.get(kind)!.filter((other) => !seen.includes(other));
    const column = Math.max(-1, ...before.map((other) => columnOf(other, [...seen, kind]))) + 1;
    columns.set(kind, column);
    return column;
  };
  return kinds.map((kind) => ({
    ...{ kind, name: nameOfKind(kind), column: columnOf(kind), needs: needs.get(kind)! },
    jobs: jobs.filter((job) => job.kind === kind),
  })).sort((a, b) => a.column - b.column);
}
