/**
 * What a process counts and measures, in Prometheus' terms. The names are fixed: dashboards and alerts are written
 * against them.
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** How the life of a job message ended, as the label `outcome` of `cugro_jobs_total`. */
export type JobOutcome =
  /** Its result was committed here. */
  | "finished"
  /** Its result was there already, or another worker's came first. */
  | "adopted"
  /** Given up for good. */
  | "failed"
  /** Tried again later. */
  | "retried"
  /** Given back: the worker was asked to stop. */
  | "interrupted"
  /** Taken off the queue: no longer needed. */
  | "stopped"
  /** Given back: an input is missing, or the store failed. */
  | "given_back";

/** A process's metrics. Every member is a metric of prom-client; record into it. */
export interface Metrics {
  jobs: Counter<"kind" | "outcome">;
  jobSeconds: Histogram<"kind">;
  jobAttempts: Counter<"kind">;
  pseudoSamples: Counter<"kind">;
  pseudoSamplesPerSecond: Gauge<"kind">;
  trainingLoss: Gauge<"kind" | "learner">;
  queueDepth: Gauge<"kind" | "state">;
  averagePerformance: Gauge<"learner">;
  bestAveragePerformance: Gauge<"learner">;
  justLearned: Gauge<"learner">;
  backwardTransfer: Gauge<"learner">;
  forgetting: Gauge<"learner">;
  worstDrop: Gauge<"learner">;
  replayDistance: Gauge<"learner" | "task">;
  estimatedScore: Gauge<"learner" | "task">;
  estimatedDrop: Gauge<"learner" | "task">;
  learnerTasks: Gauge<"learner" | "state">;
  planSeconds: Histogram;
  eventLoopLag: Gauge;
  httpRequests: Counter<"route" | "method" | "status">;
  httpSeconds: Histogram<"route">;
  actRequests: Counter;
  actMessages: Histogram<"via">;
  actConnections: Gauge;
  actObservations: Counter<"unusual">;
  actBatchSize: Histogram;
  webhookDeliveries: Counter<"outcome">;
  problems: Gauge<"code">;
  /** The exposition that `/metrics` answers with, and its content type. */
  expose(): Promise<{ text: string; contentType: string }>;
}

/** From milliseconds to hours: a shard takes seconds, a training hours. */
const JOB_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];
const REQUEST_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * The metrics of a process of this service; a registry of its own, so that tests can have several.
 *
 * @param service label of all metrics
 * @returns the metrics, and their registry
 */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  return {
    ...jobMetrics(registry),
    ...learnerMetrics(registry),
    ...httpMetrics(registry),
    async expose() {
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

function jobMetrics(registry: Registry) {
  const { counter, gauge, histogram } = makers(registry);
  return {
    jobs: counter("cugro_jobs_total", "Job messages by how they ended", ["kind", "outcome"]),
    jobSeconds: histogram("cugro_job_seconds", "Work on finished jobs, all runs", JOB_SECONDS, ["kind"]),
    jobAttempts: counter("cugro_job_attempts_total", "Jobs begun", ["kind"]),
    pseudoSamples: counter("cugro_pseudo_samples_total", "Generated rows", ["kind"]),
    pseudoSamplesPerSecond: gauge(
      "cugro_pseudo_samples_per_second",
      "Generated rows a second, in the last job of this kind",
      ["kind"],
    ),
    trainingLoss: gauge("cugro_training_loss", "Moving loss of the training under way", ["kind", "learner"]),
    queueDepth: gauge("cugro_queue_depth", "Jobs that wait, and that run", ["kind", "state"]),
    eventLoopLag: gauge("cugro_event_loop_lag_seconds", "Worst delay of a timer in the last 10 s", []),
  };
}

function learnerMetrics(registry: Registry) {
  const { gauge, histogram } = makers(registry);
  return {
    ...performanceMetrics(registry),
    replayDistance: gauge(
      "cugro_learner_replay_distance",
      "Distance of a task's replay from its data, in floors (1: as far as fresh real rows are)",
      ["learner", "task"],
    ),
    estimatedScore: gauge(
      "cugro_learner_estimated_score",
      "Score of the newest version on a task, estimated from data; blind to states that the data never reached",
      ["learner", "task"],
    ),
    estimatedDrop: gauge(
      "cugro_learner_estimated_drop",
      "Points that the newest version has lost in an old task since it was learnt, by the same estimates",
      ["learner", "task"],
    ),
    learnerTasks: gauge("cugro_learner_tasks", "Tasks by state", ["learner", "state"]),
    planSeconds: histogram("cugro_plan_seconds", "Reading facts, planning and carrying out", REQUEST_SECONDS),
  };
}

/** What the newest version of a learner is measured by. */
function performanceMetrics(registry: Registry) {
  const { gauge } = makers(registry);
  return {
    averagePerformance: gauge(
      "cugro_learner_average_performance",
      "Mean normalised score of the newest version over its tasks",
      ["learner"],
    ),
    bestAveragePerformance: gauge(
      "cugro_learner_best_average_performance",
      "The highest average performance of all valid versions",
      ["learner"],
    ),
    justLearned: gauge(
      "cugro_learner_just_learned",
      "Normalised score of the newest version on its own new task",
      ["learner"],
    ),
    backwardTransfer: gauge(
      "cugro_learner_backward_transfer",
      "Mean change of an old task's score since it was learnt",
      ["learner"],
    ),
    forgetting: gauge(
      "cugro_learner_forgetting",
      "How far old tasks are below the best they were in earlier versions, on average",
      ["learner"],
    ),
    worstDrop: gauge(
      "cugro_learner_worst_drop",
      "How far the old task that lost most is below its best",
      ["learner"],
    ),
  };
}

function httpMetrics(registry: Registry) {
  const { counter, gauge, histogram } = makers(registry);
  return {
    httpRequests: counter("cugro_http_requests_total", "HTTP requests", ["route", "method", "status"]),
    httpSeconds: histogram("cugro_http_request_seconds", "Time to answer", REQUEST_SECONDS, ["route"]),
    actRequests: counter("cugro_act_requests_total", "Requests for actions", []),
    actMessages: histogram(
      "cugro_act_message_seconds",
      "Time to answer requests for actions that come as messages",
      REQUEST_SECONDS,
      ["via"],
    ),
    actConnections: gauge("cugro_act_connections", "WebSockets that are open for acting", []),
    actObservations: counter(
      "cugro_act_observations_total",
      "Observations that were acted on, and whether they are out of the distribution of their task",
      ["unusual"],
    ),
    actBatchSize: histogram("cugro_act_batch_size", "Requests answered by one pass", BATCH_SIZES),
    problems: gauge("cugro_problems", "What is wrong and not acknowledged, by code", ["code"]),
    webhookDeliveries: counter("cugro_webhook_deliveries_total", "Attempts to deliver an event", ["outcome"]),
  };
}

function makers(registry: Registry) {
  const registers = [registry];
  return {
    counter: <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter<L>({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Gauge<L>({ name, help, labelNames, registers }),
    histogram: <L extends string = never>(
      name: string,
      help: string,
      buckets: number[],
      labelNames: L[] = [],
    ) => new Histogram<L>({ name, help, buckets, labelNames, registers }),
  };
}
