/**
 * What the Grafana dashboard shows.
 * @module
 */

type Unit = "short" | "s" | "percentunit" | "reqps" | "none";

/** A panel; its `queries` are PromQL and legend. */
export interface Panel {
  title: string;
  /** Columns of 24. */
  width: number;
  unit?: Unit;
  /** `stat`: one number a series. @default "timeseries" */
  type?: "stat";
  /** PromQL and its legend. */
  queries: readonly (readonly [query: string, legend: string])[];
  description: string;
}

const quantile = (q: number, metric: string, by: string) =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket[$__rate_interval])))`;
const LEARNER = `learner=~"$learner"`;

/** Rows of panels, from top to bottom. */
export const ROWS: readonly { title: string; panels: readonly Panel[] }[] = [
  {
    title: "Problems",
    panels: [
      {
        title: "What is wrong",
        width: 24,
        type: "stat",
        queries: [["max by (code) (cugro_problems) > 0", "{{code}}"]],
        description:
          "Problems that nobody has acknowledged, by code: `cugro problems` says what and what to do",
      },
    ],
  },
  {
    title: "Learners",
    panels: [
      {
        title: "Average performance",
        width: 8,
        queries: [
          [`cugro_learner_average_performance{${LEARNER}}`, "{{learner}}"],
          [`cugro_learner_best_average_performance{${LEARNER}}`, "{{learner}} at best"],
        ],
        description:
          "Mean normalised score of the newest version on all its tasks: 0 random, 100 the data's good policy; and the best that any version had",
      },
      {
        title: "Old tasks: forgetting and worst drop",
        width: 8,
        queries: [
          [`cugro_learner_forgetting{${LEARNER}}`, "{{learner}} mean"],
          [`cugro_learner_worst_drop{${LEARNER}}`, "{{learner}} worst"],
        ],
        description: "Points by which old tasks are below the best they were in earlier versions",
      },
      {
        title: "New task, and backward transfer",
        width: 8,
        queries: [
          [`cugro_learner_just_learned{${LEARNER}}`, "{{learner}} just learned"],
          [`cugro_learner_backward_transfer{${LEARNER}}`, "{{learner}} transfer"],
        ],
        description:
          "Score of the newest version on its own new task, and the mean change of old tasks since each was learnt: a high transfer after low scores is bad learning, not good memory",
      },
      {
        title: "Replay distance by task",
        width: 12,
        queries: [[`cugro_learner_replay_distance{${LEARNER}}`, "{{learner}} task {{task}}"]],
        description:
          "Distance of pseudo-samples from the old data's sketch, in units of what real data itself shows",
      },
      {
        title: "Estimated score and drop by task",
        width: 12,
        queries: [
          [`cugro_learner_estimated_score{${LEARNER}}`, "{{learner}} task {{task}}"],
          [`cugro_learner_estimated_drop{${LEARNER}}`, "{{learner}} task {{task}}, lost since learnt"],
        ],
        description:
          "Of the newest version, where tasks have estimates: from data alone, blind to states that the data never reached",
      },
      {
        title: "Tasks by state",
        width: 12,
        type: "stat",
        queries: [[`sum by (learner, state) (cugro_learner_tasks{${LEARNER}})`, "{{learner}} {{state}}"]],
        description: "How far each learner is with what has arrived",
      },
    ],
  },
  {
    title: "Jobs",
    panels: [
      {
        title: "Queue depth",
        width: 8,
        queries: [["max by (kind, state) (cugro_queue_depth)", "{{kind}} {{state}}"]],
        description: "Jobs that wait and that run; what the workers are scaled by",
      },
      {
        title: "Job seconds, median and 95 %",
        width: 8,
        unit: "s",
        queries: [
          [quantile(0.5, "cugro_job_seconds", "kind"), "{{kind}} p50"],
          [quantile(0.95, "cugro_job_seconds", "kind"), "{{kind}} p95"],
        ],
        description: "Duration of finished jobs by kind",
      },
      {
        title: "Jobs ended per minute",
        width: 8,
        queries: [[
          "60 * sum by (kind, outcome) (rate(cugro_jobs_total[$__rate_interval]))",
          "{{kind}} {{outcome}}",
        ]],
        description: "By kind and outcome",
      },
      {
        title: "Attempts per ended job",
        width: 8,
        queries: [[
          "sum by (kind) (increase(cugro_job_attempts_total[10m])) / sum by (kind) (increase(cugro_jobs_total[10m]))",
          "{{kind}}",
        ]],
        description: "1 is a quiet day; more means crashes, restarts or faulty jobs",
      },
      {
        title: "Pseudo-samples per second",
        width: 8,
        queries: [["sum by (kind) (cugro_pseudo_samples_per_second)", "{{kind}}"]],
        description: "Of all processes of a kind: what scaling a generator gains",
      },
      {
        title: "Training loss",
        width: 8,
        queries: [[`cugro_training_loss{${LEARNER}}`, "{{learner}} {{kind}}"]],
        description: "Of the jobs in progress",
      },
    ],
  },
  {
    title: "Serving",
    panels: [
      {
        title: "act: latency",
        width: 8,
        unit: "s",
        queries: [0.5, 0.95, 0.99].flatMap((q) => [
          [
            `histogram_quantile(${q}, sum by (le) (rate(cugro_http_request_seconds_bucket{route=~".*/act"}[$__rate_interval])))`,
            `p${q * 100}`,
          ],
          [
            `histogram_quantile(${q}, sum by (le, via) (rate(cugro_act_message_seconds_bucket[$__rate_interval])))`,
            `{{via}} p${q * 100}`,
          ],
        ]),
        description:
          "Of POST /v1/learners/{name}/act, and of requests over NATS and WebSockets, from request to answer",
      },
      {
        title: "act: requests per second and batch size",
        width: 8,
        queries: [
          ["sum(rate(cugro_act_requests_total[$__rate_interval]))", "requests/s"],
          ["sum by (via) (rate(cugro_act_message_seconds_count[$__rate_interval]))", "{{via}}/s"],
          ["sum(cugro_act_connections)", "WebSockets"],
          [
            'sum(rate(cugro_act_observations_total{unusual="true"}[$__rate_interval])) / sum(rate(cugro_act_observations_total[$__rate_interval]))',
            "share of observations unlike their task's data",
          ],
          [
            "sum(rate(cugro_act_batch_size_sum[$__rate_interval])) / sum(rate(cugro_act_batch_size_count[$__rate_interval]))",
            "requests a batch",
          ],
        ],
        description: "Requests that wait together are one call of the policy",
      },
      {
        title: "HTTP requests per second",
        width: 8,
        unit: "reqps",
        queries: [[
          "sum by (route, status) (rate(cugro_http_requests_total[$__rate_interval]))",
          "{{route}} {{status}}",
        ]],
        description: "Of the gateway, by route and status",
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        title: "Event-loop lag",
        width: 8,
        unit: "s",
        queries: [["max by (service) (cugro_event_loop_lag_seconds)", "{{service}}"]],
        description: "Above a quarter of the ack wait (7.5 s) a step fails",
      },
      {
        title: "Seconds a plan takes, 95 %",
        width: 8,
        unit: "s",
        queries: [[
          "histogram_quantile(0.95, sum by (le) (rate(cugro_plan_seconds_bucket[$__rate_interval])))",
          "p95",
        ]],
        description: "Of the coordinator, for one learner",
      },
      {
        title: "Webhook deliveries per minute",
        width: 4,
        queries: [[
          "60 * sum by (outcome) (rate(cugro_webhook_deliveries_total[$__rate_interval]))",
          "{{outcome}}",
        ]],
        description: "By outcome",
      },
      {
        title: "Replicas",
        width: 4,
        type: "stat",
        queries: [[`sum by (service) (up{job="cugro"})`, "{{service}}"]],
        description: "Processes that answer",
      },
    ],
  },
];
