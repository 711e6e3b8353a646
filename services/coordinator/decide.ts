/**
 * The decision on a task whose jobs are done: a version fact. Pure.
 * @module
 */
import {
  dataOfTask,
  evaluatedCell,
  type Graph,
  judgeVersion,
  knobsOfData,
  type LearnerFacts,
  standingVersions,
  sumWork,
  type TaskData,
} from "@cugro/learners";
import type { JobKind, KindWork, VersionFact } from "@cugro/protocol";

/**
 * The version that these results make.
 *
 * @param facts of the learner
 * @param graph of the task, all of whose evaluations are done
 * @returns the fact
 * @throws {Error} when an evaluation's metrics lack `returns`, or have an invalid `success`.
 */
export function decideVersion(facts: LearnerFacts, graph: Graph): VersionFact {
  const data = dataOfTask(facts, graph.task).find(({ revision }) => revision === graph.revision)!;
  const row = graph.evaluations.map((evaluation) => evaluatedCell(facts, graph, evaluation));
  const verdict = judgeVersion({
    knobs: knobsOfData(facts, data, graph.tasks),
    task: graph.task,
    row,
    earlier: standingVersions(facts),
  });
  const made = madeBefore(data);
  const results = graph.jobs.flatMap(({ id }) => facts.jobs.get(id)?.result ?? []);
  return {
    schema: 1,
    version: Math.max(0, ...facts.versions.map(({ version }) => version)) + 1,
    task: graph.task,
    ...(graph.revision === 0 ? {} : { revision: graph.revision }),
    attempt: graph.attempt,
    ...verdict,
    parent: graph.parent,
    tasks: graph.tasks,
    stateGenerator: graph.stateGenerator,
    behaviorGenerator: graph.behaviorGenerator,
    critic: graph.critic,
    ...(graph.proposer === undefined ? {} : { proposer: graph.proposer }),
    ...(graph.actor === undefined ? {} : { actor: graph.actor }),
    row,
    jobs: [...made.map(({ id }) => id), ...graph.jobs.map(({ id }) => id)],
    kinds: [...made.map(({ kind }) => kind), ...graph.jobs.map(({ job }) => job.kind)],
    ...weightsOf(facts, graph),
    seconds: results.reduce((sum, result) => sum + result.seconds, 0),
    work: workOf(facts, graph),
  };
}

/** What was done for this version and for none before it, so that nobody has to read thousands of results for it. */
function workOf(facts: LearnerFacts, graph: Graph): KindWork[] {
  const before = new Set(facts.versions.flatMap(({ jobs }) => jobs));
  return sumWork(graph.jobs.flatMap(({ id, job }) => {
    const result = before.has(id) ? undefined : facts.jobs.get(id)?.result;
    return result ? [{ job, result }] : [];
  }));
}

/** The jobs that read and measured a dataset before it was accepted. */
function madeBefore({ importJob, fact }: TaskData): { id: string; kind: JobKind }[] {
  const read = { id: importJob, kind: "dataset.import" as const };
  return "measureJob" in fact ? [read, { id: fact.measureJob, kind: "dataset.measure" }] : [read];
}

/** Outputs of the trainings, copied: a result that is overwritten later does not change this version. */
function weightsOf(facts: LearnerFacts, graph: Graph): Pick<VersionFact, "weights"> {
  const of = (id: string) => facts.jobs.get(id)?.result?.outputs.weights?.artifact;
  const [stateGenerator, behaviorGenerator, critic] = [
    of(graph.stateGenerator),
    of(graph.behaviorGenerator),
    of(graph.critic),
  ];
  if (!stateGenerator || !behaviorGenerator || !critic) return {};
  const [proposer, actor] = [graph.proposer, graph.actor].map((id) => id && of(id));
  return {
    weights: {
      ...{ stateGenerator, behaviorGenerator, critic },
      ...(proposer ? { proposer } : {}),
      ...(actor ? { actor } : {}),
    },
  };
}
