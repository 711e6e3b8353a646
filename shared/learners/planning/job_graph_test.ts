import { describeJob, describeStoredJob } from "./describe_job.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Hyperparameters, knobs as allKnobs, knobsOfKind, presets } from "@cugro/algorithm/knobs";
import { canonicalJson, JOB_KINDS, type JobOf, parseJob, REVISIONS, sha256 } from "@cugro/protocol";
import type { Graph } from "./job_graph.ts";
import { previewGraph } from "./preview.ts";
import { bufferRows } from "./replay_jobs.ts";
import { keptShards, pairsPerTask, shardRows } from "./shards.ts";
import { describeTrainingRows } from "./training_rows.ts";
import fixedKnobs from "./testdata/knobs.json" with { type: "json" };

/** A graph as lines: `job <- jobs it needs; other inputs`. Free of ids, so that turning a knob leaves it alone. */
function describe(graph: Graph): string[] {
  const place = new Map(graph.jobs.map(({ id }, index) => [id, `${index}`]));
  return graph.jobs.map(({ job }, index) => {
    const refs = Object.entries(job.inputs).map(([name, ref]) =>
      "job" in ref ? `${name}=${place.get(ref.job) ?? "parent"}` : `${name}=${Object.keys(ref)[0]}`
    );
    return `${index} ${describeJob(job)} <- ${refs.join(" ")}`;
  });
}

const small = { shardsPerTask: 1 };
/** Three networks and what is asked of them, without what `default` adds. */
const bare = { estimate: "never", distil: "none" } as const;
const train = "dataset=dataset normaliser/1=artifact normaliser/2=artifact";

Deno.test("buildGraph() of the first task is three trainings and an evaluation, whatever the preset", () => {
  for (const preset of Object.values(presets)) {
    const knobs = { ...preset, ...bare };
    assertEquals(describe(previewGraph({ knobs, tasks: 1 })[0]!), [
      "0 train state generator on task 1 <- dataset=dataset normaliser/1=artifact",
      "1 train behavior generator on task 1 <- dataset=dataset normaliser/1=artifact",
      "2 train critic on task 1 <- dataset=dataset normaliser/1=artifact",
      "3 evaluate task 1 <- behaviorGenerator=1 critic=2 normaliser=artifact sketch=artifact stateGenerator=0 dataset=dataset",
    ]);
  }
});

Deno.test("buildGraph() of the second task, presets default and smoke: one set of shards for three trainers", () => {
  for (const preset of [presets.default, presets.smoke]) {
    const graph = previewGraph({ knobs: { ...preset, ...small, ...bare }, tasks: 2 })[1]!;
    assertEquals(describe(graph), [
      "0 sample states of task 1, shard 1 <- stateGenerator=parent normaliser=artifact",
      "1 label states of task 1, shard 1 <- states=0 behaviorGenerator=parent normaliser=artifact",
      `2 train state generator on task 2 <- ${train} replay/1/0=1 parent=parent`,
      `3 train behavior generator on task 2 <- ${train} replay/1/0=1 parent=parent`,
      `4 train critic on task 2 <- ${train} replay/1/0=1 parent=parent`,
      "5 evaluate task 1 <- behaviorGenerator=3 critic=4 normaliser=artifact sketch=artifact replay/1/0=1",
      "6 evaluate task 2 <- behaviorGenerator=3 critic=4 normaliser=artifact sketch=artifact stateGenerator=2 dataset=dataset",
    ]);
  }
});

Deno.test("tasks are estimated where they should be: the new one from its data, old ones by the networks kept of them", () => {
  const estimatesOf = (values: Partial<Hyperparameters>) =>
    previewGraph({ knobs: { ...presets.default, ...small, distil: "none", ...values }, tasks: 3 }).map(
      (graph) => {
        const lines = describe(graph);
        return graph.estimates.map(({ id }) => lines[graph.jobs.findIndex((job) => job.id === id)]!);
      },
    );
  const [first, second, third] = estimatesOf({});
  assertEquals(first, [
    "4 estimate task 1 <- behaviorGenerator=1 critic=2 normaliser=artifact stateGenerator=0 dataset=dataset",
  ]);
  assertEquals(second, [
    "7 estimate task 1 <- behaviorGenerator=3 critic=4 normaliser=artifact network=parent",
    "8 estimate task 2 <- behaviorGenerator=3 critic=4 normaliser=artifact stateGenerator=2 dataset=dataset",
  ]);
  assertEquals(third!.length, 3);
  assertEquals(estimatesOf({ estimate: "never" }), [[], [], []]);
  // What else is done stays the same job by job.
  const others = (estimate: Hyperparameters["estimate"]) =>
    previewGraph({ knobs: { ...presets.default, estimate }, tasks: 3 }).map(({ jobs }) =>
      jobs.filter(({ job }) => job.kind !== "policy.estimate").map(({ id }) => id)
    );
  assertEquals(others("always"), others("never"));
});

Deno.test("buildGraph() of the second task, preset paper: the critic's replay is labelled by the new generator", () => {
  const graph = previewGraph({ knobs: { ...presets.paper, ...small }, tasks: 2 })[1]!;
  assertEquals(describe(graph).slice(3, 6), [
    `3 train behavior generator on task 2 <- ${train} replay/1/0=1 parent=parent`,
    "4 label states of task 1, shard 1 <- states=0 behaviorGenerator=3 normaliser=artifact",
    `5 train critic on task 2 <- ${train} replay/1/0=4 parent=parent`,
  ]);
  assertEquals(graph.shards.length, 3);
});

Deno.test("buildGraph() without replay makes no shards; with the oracle's, trainers read old datasets", () => {
  const none = previewGraph({ knobs: { ...presets.default, ...bare, replay: "none" }, tasks: 2 })[1]!;
  assertEquals(none.shards, []);
  assertEquals(describe(none)[0], `0 train state generator on task 2 <- ${train} parent=parent`);
  const oracle = previewGraph({ knobs: { ...presets.default, replay: "oracle" }, tasks: 2 })[1]!;
  assertEquals(describe(oracle)[2], `2 train critic on task 2 <- ${train} replay/1/0=dataset parent=parent`);
  const { config } = oracle.jobs[2]!.job as JobOf<"critic.train">;
  assertEquals(config.replayRows, presets.default.replayPairsPerTask);
});

Deno.test("buildGraph() of a joint training has no parent, reads all datasets alike, and is the others' first task", () => {
  const knobs: Hyperparameters = { ...presets.default, estimate: "never", maxTrainingRows: 5_000 };
  const [first, second, third] = previewGraph({
    knobs: { ...knobs, replay: "multitask" },
    tasks: 3,
    size: 9_000,
  });
  const alone = previewGraph({ knobs, tasks: 1, size: 9_000 })[0]!;
  assertEquals(first!.jobs.map(({ id }) => id), alone.jobs.map(({ id }) => id));
  assertEquals(describe(second!).slice(0, 3), [
    `0 train state generator on task 2 and 1 before it <- ${train} replay/1/0=dataset`,
    `1 train behavior generator on task 2 and 1 before it <- ${train} replay/1/0=dataset`,
    `2 train critic on task 2 and 1 before it <- ${train} replay/1/0=dataset`,
  ]);
  const { config } = third!.jobs[2]!.job as JobOf<"critic.train">;
  assertEquals([config.joint, config.oldTasks, config.replayRows], [true, 2, 5_000]);
  assertEquals(third!.tasks, [1, 2, 3]);
  // Turned on for the last task alone, a stream costs one joint training.
  const last = buildLast({ ...knobs, replay: "none" }, { ...knobs, replay: "multitask" });
  assertEquals(describe(last).slice(0, 3), describe(second!).slice(0, 3));
});

Deno.test("buildGraph() of a joint training learns the one-step networks of all tasks alike, from labels of their own data", () => {
  const knobs: Hyperparameters = { ...presets.default, estimate: "never", replay: "multitask" };
  const graph = previewGraph({ knobs, tasks: 3, size: 60_000 })[2]!;
  const jobsOf = <K extends "proposer.label" | "actor.train">(kind: K) =>
    graph.jobs.flatMap(({ job }) => job.kind === kind ? [job as JobOf<K>] : []);
  const labels = jobsOf("proposer.label").map(({ config, inputs }) => [
    config.task,
    config.draw?.rows,
    "dataset" in inputs.dataset!,
  ]);
  const each = (task: number) => Array(4).fill([task, presets.default.proposerLabels / 4, true]);
  assertEquals(labels, [...each(3), ...each(1), ...each(2)]);
  const [{ config, inputs }] = jobsOf("actor.train") as [JobOf<"actor.train">];
  assertEquals([config.joint, config.oldTasks, "parent" in inputs], [true, 2, false]);
  assertEquals(Object.keys(inputs).filter((name) => name.startsWith("replay")), []);
});

Deno.test("buildGraph() with snapshots adds trainings that end early to jobs that stay what they are, where the task is simulated", () => {
  const knobs: Hyperparameters = { ...presets.default, estimate: "never" };
  const environment = { family: "cheetah-vel", goal: [1] };
  const plain = previewGraph({ knobs, tasks: 2, environment });
  const taken = previewGraph({ knobs: { ...knobs, snapshots: true }, tasks: 2, environment });
  for (const [place, graph] of taken.entries()) {
    const before = new Set(plain[place]!.jobs.map(({ id }) => id));
    assertEquals(before.difference(new Set(graph.jobs.map(({ id }) => id))).size, 0);
    assertEquals(graph.snapshots!.map(({ share }) => share), [0.1, 0.25, 0.5]);
    const added = graph.jobs.filter(({ id }) => !before.has(id));
    assertEquals(added.length, 9);
    for (const { job } of added.filter(({ job }) => job.kind !== "policy.evaluate")) {
      const whole = graph.jobs.find((one) => one.job.kind === job.kind && !("until" in one.job.config))!.job;
      const { until: _, ...config } = job.config as JobOf<"critic.train">["config"];
      assertEquals({ ...job, config }, whole, "the same training, but for its end");
    }
  }
  assertEquals(previewGraph({ knobs: { ...knobs, snapshots: true }, tasks: 1 })[0]!.snapshots, undefined);
});

function buildLast(before: Hyperparameters, later: Hyperparameters): Graph {
  return previewGraph({ knobs: before, later, tasks: 2, size: 9_000 })[1]!;
}

Deno.test("buildGraph() with a real buffer keeps rows in the graph that learns a task, by the job that later ones replay", () => {
  const knobs: Hyperparameters = {
    ...presets.default,
    ...{ estimate: "never", replay: "real-buffer", bufferShare: 0.01 },
  };
  const [first, second, third] = previewGraph({ knobs, tasks: 3, size: 20_000 });
  const kept = (graph: Graph) => graph.jobs.filter(({ job }) => job.kind === "actions.label");
  assertEquals(kept(first!).map(({ id }) => id), first!.kept);
  assertEquals(describe(second!).slice(0, 3), [
    "0 keep rows of task 1 <- normaliser=artifact dataset=dataset",
    "1 keep rows of task 2 <- normaliser=artifact dataset=dataset",
    `2 train state generator on task 2 <- ${train} replay/1/0=0 parent=parent`,
  ]);
  assertEquals(kept(third!).slice(0, 2).map(({ id }) => id), [...first!.kept!, ...second!.kept!]);
  const rowsOf = (values: Partial<Hyperparameters>) =>
    bufferRows({ ...knobs, ...values }, { size: 20_000, stateDim: 17, actionDim: 6 });
  assertEquals([rowsOf({}), rowsOf({ bufferShare: 1 }), rowsOf({ bufferShare: 1e-6 })], [200, 18_000, 1]);
  // Two residual MLPs of width 16 and one block, five rows of an embedding: counted by hand.
  const width = 16;
  const of = (dim: number, condition: number) =>
    (dim + condition + 1) * width + (64 + 1) * width + (width + 1) * width + 5 * width +
    2 * (width + 1) * width + (width + 1) * dim;
  const bytes = 4 * (of(17, 0) + of(6, 17));
  const equal = { bufferShare: "equal-bytes", denoiserWidth: width, denoiserBlocks: 1 } as const;
  assertEquals(rowsOf(equal), Math.floor(bytes / 5 / (4 * 23)));
});

Deno.test("buildGraph() with noise replays as many pairs as with samples, and asks no generator for them", () => {
  const graph = previewGraph({
    knobs: { ...presets.smoke, ...small, replay: "noise", estimate: "never" },
    tasks: 2,
  })[1]!;
  assertEquals(describe(graph).slice(0, 2), [
    "0 draw noise for task 1, shard 1 <- normaliser=artifact",
    `1 train state generator on task 2 <- ${train} replay/1/0=0 parent=parent`,
  ]);
  const { config } = graph.jobs[0]!.job as JobOf<"actions.label">;
  assertEquals(config.pairs, { source: "noise", rows: presets.smoke.replayPairsPerTask });
  assertEquals(graph.shards.length, 1);
});

Deno.test("buildGraph() with and without replay shares the first task's jobs", () => {
  const first = (replay: Hyperparameters["replay"]) =>
    previewGraph({ knobs: { ...presets.default, replay }, tasks: 1 })[0]!.jobs.map(({ id }) => id);
  assertEquals(first("none"), first("generated"));
});

Deno.test("buildGraph() samples again for each task, or once from the version that learnt the task", () => {
  const shardsOfTask1 = (replaySource: Hyperparameters["replaySource"]) =>
    previewGraph({ knobs: { ...presets.smoke, replaySource }, tasks: 3 }).slice(1)
      .map(({ jobs, shards }) => jobs.filter(({ id, job }) => job.config.task === 1 && shards.includes(id)));
  const shared = ([second, third]: Graph["jobs"][]) =>
    third!.filter(({ id }) => second!.some((job) => job.id === id)).length;
  assertEquals(shared(shardsOfTask1("first")), 2 * presets.smoke.shardsPerTask);
  assertEquals(shared(shardsOfTask1("latest")), 0);
  const noise = shardsOfTask1("latest").map((jobs) => jobs[0]!.job.seed);
  assert(noise[0] !== noise[1], "each generation has its own noise");
});

Deno.test("evaluations of a task start alike in every version", () => {
  const graphs = previewGraph({ knobs: presets.default, tasks: 3 });
  const seeds = graphs.map((graph) => graph.jobs.find(({ id }) => id === graph.evaluations[0]!.id)!.job.seed);
  assertEquals(new Set(seeds).size, 1);
});

Deno.test("a limit on the rows that are read enters the jobs that read them, and only where a task has more", () => {
  const knobs = { ...presets.default, maxTrainingRows: 5_000 };
  const jobsOf = (size: number, more: Partial<Hyperparameters> = {}) =>
    previewGraph({ knobs: { ...knobs, ...more }, tasks: 2, size })[1]!.jobs;
  const idsOf = (...args: Parameters<typeof jobsOf>) => jobsOf(...args).map(({ id }) => id);
  const same = idsOf(1, { maxTrainingRows: 1e9 });
  assertEquals(idsOf(5_000), same);
  assertEquals(idsOf(4_999, { maxTrainingRows: 5_001 }), same);
  const limited = jobsOf(5_001).flatMap(({ job, label }) =>
    "trainingRows" in job.config ? [[label, job.config.trainingRows]] : []
  );
  assertEquals(limited, [
    ["train state generator on task 2", 5_000],
    ["train behavior generator on task 2", 5_000],
    ["train critic on task 2", 5_000],
    ["evaluate task 2", 5_000],
    ["estimate task 2", 5_000],
  ]);
  assertEquals(idsOf(5_001), idsOf(7_000), "what is read is told by the dataset");
  assert(idsOf(5_001).every((id) => !same.includes(id)), "task 1 was read in part as well");
  assert(idsOf(7_000, { maxTrainingRows: 6_000 }).every((id) => !idsOf(7_000).includes(id)));
});

Deno.test("describeTrainingRows() says how many rows are read, of tasks that are not read whole", () => {
  assertEquals(
    describeTrainingRows({ task: 2, size: 3_000_000, trainingRows: 1_000_000 }),
    "task 2 has 3,000,000 rows: training reads 1,000,000 of them, chosen by the learner's seed (maxTrainingRows)",
  );
  assertEquals(describeTrainingRows({ task: 2, size: 1_000, trainingRows: 1_000 }), undefined);
});

Deno.test("buildGraph() of fixed knobs has the ids it always had: a change here redoes the work of every learner", () => {
  const graphs = previewGraph({ knobs: fixedKnobs as Hyperparameters, tasks: 3, seed: 1 });
  const ids = graphs.map(({ jobs }) => sha256(canonicalJson(jobs.map(({ id }) => id))).slice(0, 16));
  const revisions = JOB_KINDS.map((kind) => REVISIONS[kind]).join("");
  assertEquals({ revisions, ids }, {
    revisions: "1133222222231",
    ids: ["5e2578cc74ff538b", "2caf40b3da301581", "f8c50f73030d1ea1"],
  });
});

Deno.test("distil, which default has, puts labels and trainings of one-step networks between a version's trainings and its evaluations", () => {
  const knobs: Hyperparameters = {
    ...presets.smoke,
    ...small,
    distil: presets.default.distil,
    labelShards: 2,
    proposerLabels: 5,
  };
  const [first, second] = previewGraph({ knobs, tasks: 2 });
  const named = (graph: Graph, kind: string) =>
    describe(graph).filter((_, i) => graph.jobs[i]!.job.kind === kind);
  assertEquals(describe(first!).slice(3), [
    "3 label task 1 for the proposer <- behaviorGenerator=1 normaliser=artifact dataset=dataset",
    "4 label task 1 for the proposer <- behaviorGenerator=1 normaliser=artifact dataset=dataset",
    "5 train proposer on task 1 <- labels/1/0=3 labels/1/1=4 normaliser/1=artifact",
    "6 label task 1 for the actor <- behaviorGenerator=1 critic=2 proposer=5 normaliser=artifact dataset=dataset",
    "7 label task 1 for the actor <- behaviorGenerator=1 critic=2 proposer=5 normaliser=artifact dataset=dataset",
    "8 train actor on task 1 <- labels/1/0=6 labels/1/1=7 normaliser/1=artifact",
    "9 evaluate task 1 <- behaviorGenerator=1 critic=2 normaliser=artifact sketch=artifact " +
    "stateGenerator=0 dataset=dataset proposer=5 actor=8",
  ]);
  const rows = first!.jobs.flatMap(({ job: { kind, config } }) =>
    kind === "proposer.label" ? [(config as { draw: { rows: number } }).draw.rows] : []
  );
  assertEquals(rows, [3, 2]);
  // The parent's network answers for the old task on its replay: no labels of it.
  assertEquals(named(second!, "proposer.train"), [
    "7 train proposer on task 2 <- labels/2/0=5 labels/2/1=6 normaliser/1=artifact normaliser/2=artifact " +
    "replay/1/0=1 parent=parent",
  ]);
  assertEquals(second!.shards.length, 2 + 4, "labels go with the shards");
});

Deno.test("one-step networks whose parent has none learn all tasks from labels: of rows, and of what replays the old ones", () => {
  const before: Hyperparameters = { ...presets.smoke, ...small, distil: "none" };
  const [, second] = previewGraph({
    knobs: before,
    tasks: 2,
    later: { ...before, distil: "proposer", labelShards: 1 },
  });
  assertEquals(describe(second!).slice(5, 8), [
    "5 label task 2 for the proposer <- behaviorGenerator=3 normaliser=artifact dataset=dataset",
    "6 label task 1 for the proposer <- behaviorGenerator=3 normaliser=artifact states=1",
    "7 train proposer on task 2 <- labels/2/0=5 labels/1/0=6 normaliser/1=artifact normaliser/2=artifact",
  ]);
  const real = previewGraph({
    knobs: { ...before, replay: "oracle" },
    tasks: 2,
    later: { ...before, replay: "oracle", distil: "actor", labelShards: 1 },
  })[1]!;
  assertEquals(
    describe(real).slice(3, 6),
    [
      "3 label task 2 for the actor <- behaviorGenerator=1 critic=2 normaliser=artifact dataset=dataset",
      "4 label task 1 for the actor <- behaviorGenerator=1 critic=2 normaliser=artifact dataset=dataset",
      "5 train actor on task 2 <- labels/2/0=3 labels/1/0=4 normaliser/1=artifact normaliser/2=artifact",
    ],
  );
});

Deno.test("every job that a plan makes fits its kind: nothing in it is read by nobody", () => {
  for (const knobs of Object.values(presets)) {
    for (const replay of ["generated", "none", "oracle", "multitask", "noise", "real-buffer"] as const) {
      for (
        const { job } of previewGraph({ knobs: { ...knobs, replay }, tasks: 3, size: 2e9 }).flatMap((
          { jobs },
        ) => jobs)
      ) {
        const parsed = parseJob(job, (name) => (knobsOfKind[job.kind] as readonly string[]).includes(name));
        const older = knobsOfKind[job.kind].filter((name) => allKnobs[name].absent === undefined);
        assertEquals(Object.keys(parsed.knobs).sort(), older.sort());
      }
    }
  }
});

Deno.test("describeStoredJob() calls a job of other software, with other fields, by its kind", () => {
  const { job } = previewGraph({ knobs: presets.smoke, tasks: 1 })[0]!.jobs[0]!;
  assertEquals(describeStoredJob(job), "train state generator on task 1");
  assertEquals(describeStoredJob({ ...job, config: { tasks: [1] } }), "states.train");
});

Deno.test("shardRows() cuts a fixed total, however many tasks are old", () => {
  const knobs = { ...presets.default, replayPairs: 80_000, replayPairsPerTask: 20_000, shardsPerTask: 3 };
  assertEquals(shardRows(knobs, 1), [6667, 6667, 6666]);
  for (const oldTasks of [4, 7, 19]) {
    const total = oldTasks * shardRows(knobs, oldTasks).reduce((sum, rows) => sum + rows, 0);
    assert(total <= 80_000 && total > 80_000 - oldTasks);
  }
  assertEquals([1, 4, 5, 7, 19].map((oldTasks) => shardRows(knobs, oldTasks).length), [3, 3, 2, 1, 1]);
  assertEquals(shardRows({ ...knobs, replaySource: "first" }, 19).length, 3);
  assertEquals(shardRows({ ...knobs, replayPairsPerTask: 2 }, 1), [1, 1]);
  assertEquals(pairsPerTask(knobs, 1_000_000), 1);
});

Deno.test("keptShards() keeps what fits, at least one of each task", () => {
  const knobs = {
    ...presets.default,
    replaySource: "first" as const,
    replayPairsPerTask: 1000,
    shardsPerTask: 4,
  };
  const shardBytes = 4 * 10 * 250;
  assertEquals(keptShards({ ...knobs, replayBytes: 8 * shardBytes }, 2, 10), 4);
  assertEquals(keptShards({ ...knobs, replayBytes: 8 * shardBytes }, 3, 10), 2);
  assertEquals(keptShards({ ...knobs, replayBytes: 1 }, 3, 10), 1);
});

Deno.test("a source of replay that nothing is known of is refused by its name, and is no buffer", () => {
  // cast: a word that this version does not have.
  const knobs = { ...presets.smoke, ...bare, replay: "dreams" } as unknown as Hyperparameters;
  assertThrows(() => previewGraph({ knobs, tasks: 2 }), RangeError, 'current value is "dreams"');
});
