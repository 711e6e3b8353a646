import { gatherProblems } from "@cugro/problems";
import { assertEquals } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { type JobHandler, type JobHandlers, runWorker } from "@cugro/worker";
import { getArtifact, openFilesystemStore, putArtifact, type Store, StoreError } from "@cugro/store";
import {
  allInputs,
  artifactKey,
  damageKey,
  datasetKey,
  encodeTensors,
  incomingKey,
  JOB_KINDS,
  type JsonObject,
  parseFact,
  resultFactSchema,
  resultKey,
  sha256,
} from "@cugro/protocol";
import { removeDamaged } from "./damage.ts";
import { runCoordinator } from "./run_coordinator.ts";
import { addUploaded, createLearner, learnerStatus, loadFacts } from "@cugro/learners";

const encode = (text: string) => new TextEncoder().encode(text);
const tensor = (value: number) => encodeTensors({ x: { shape: [1], data: new Float32Array([value]) } });

/** Handlers that do little, but read every input they are given, as real ones do. */
function handlers(): JobHandlers {
  const learn: JobHandler = async (context) => {
    for (const input of allInputs(context)) await context.read(input);
    return {
      outputs: { weights: tensor(context.seed), shard: tensor(context.seed) },
      metrics: { returns: [90, 91] },
    };
  };
  return {
    ...Object.fromEntries(JOB_KINDS.map((kind) => [kind, learn])),
    "dataset.import": async ({ store, config }) => {
      const bytes = (await store.get(config.key))!.bytes;
      const datasetHash = sha256(bytes);
      await store.put(datasetKey(datasetHash), bytes);
      const metrics: JsonObject = {
        name: new TextDecoder().decode(bytes),
        datasetHash,
        size: 1,
        stateDim: 1,
        actionDim: 1,
        episodes: 1,
        bytes: bytes.length,
        environment: null,
        horizon: 1,
        anchors: { random: 0, good: 100, source: "test" },
      };
      return { outputs: { normaliser: tensor(1), sketch: tensor(2) }, metrics };
    },
  };
}

type Options = Partial<Parameters<typeof runCoordinator>[0]>;
type Run = (options?: Options, does?: JobHandlers, workersStore?: Store) => Promise<void>;

/** A folder with a store; `run` coordinates it with one worker until nothing is left to do. */
async function inFolder(test: (store: Store, run: Run, root: string) => Promise<void>) {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  const run: Run = async (options = {}, does = handlers(), workersStore = store) => {
    const stop = new AbortController();
    const bus = createEmbeddedBus();
    const kinds = [...JOB_KINDS];
    const log = createLog({ level: "error" });
    const worker = runWorker({
      bus,
      store: workersStore,
      handlers: does,
      kinds,
      profile: {},
      signal: stop.signal,
      ackWaitMs: 800,
      log,
    });
    try {
      await runCoordinator({ store, bus, until: "idle", intervalMs: 300, signal: stop.signal, ...options });
    } finally {
      stop.abort();
      await bus.close();
      await worker;
    }
  };
  try {
    await test(store, run, root);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("runCoordinator() takes files to versions on a folder, an embedded bus and a worker, and goes on later", async () => {
  await inFolder(async (store, run) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    for (const name of ["one", "two"]) {
      await addUploaded({ store, learner: "a", fileName: `${name}.hdf5`, body: encode(name) });
    }
    await run();
    assertEquals((await learnerStatus(store, "a")).head, 2);
    await addUploaded({ store, learner: "a", fileName: "three.hdf5", body: encode("three") });
    await run({ learners: ["a"] });
    const status = await learnerStatus(store, "a");
    assertEquals([status.head, status.averagePerformance], [3, 90.5]);
    assertEquals(await gatherProblems({ store }), []);
  });
});

/** The store as a worker of a cluster has it: with no right to remove artifacts. */
function confined(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "delete") {
        return (key: string) =>
          key.startsWith("artifacts/")
            ? Promise.reject(new StoreError(`removing ${key}: AccessDenied`))
            : target.delete(key);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

for (const inCluster of [false, true]) testDamage(inCluster);

function testDamage(inCluster: boolean): void {
  const who = inCluster ? "by a worker that may remove nothing" : "by a worker that sets it aside";
  Deno.test(`runCoordinator() has a damaged shard made again that is found ${who}`, async () => {
    await inFolder(async (store, run, root) => {
      await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
      for (const name of ["one", "two"]) {
        await addUploaded({ store, learner: "a", fileName: `${name}.hdf5`, body: encode(name) });
      }
      const plain = handlers();
      const runs = new Map<string, number>();
      let damaged: string | undefined;
      await run({}, {
        ...plain,
        "states.sample": (context) => {
          runs.set(context.jobId, (runs.get(context.jobId) ?? 0) + 1);
          return plain["states.sample"]!(context);
        },
        "actions.label": async (context) => {
          const ref = context.inputs.states!.ref as { job: string; output: string };
          if (damaged === undefined) {
            damaged = ref.job;
            const { bytes } = (await store.get(resultKey("states.sample", ref.job)))!;
            const { outputs } = parseFact(resultFactSchema, bytes, ref.job);
            await Deno.writeFile(`${root}/${artifactKey(outputs.shard!.artifact)}`, encode("damaged"));
          }
          return await plain["actions.label"]!(context);
        },
      }, inCluster ? confined(store) : store);
      assertEquals(runs.get(damaged!), 2);
      assertEquals((await loadFacts(store, "a")).head?.version, 2);
      assertEquals((await store.list("jobs/")).filter(({ key }) => key.includes("/damaged/")), []);
    });
  });
}

Deno.test("removeDamaged() removes nothing that is sound, whatever a worker says", async () => {
  await inFolder(async (store) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const { artifact } = await putArtifact(store, encode("sound"));
    const note = damageKey("states.train", sha256("job"), artifact);
    await store.put(note, new Uint8Array());
    const facts = await loadFacts(store, "a");
    const open = {
      kind: "states.train",
      result: undefined,
      resultKey: undefined,
      failures: [],
      retries: 0,
    } as const;
    facts.jobs.set("job", { ...open, failures: [], damaged: [note] });
    await removeDamaged(store, facts);
    assertEquals((await getArtifact(store, artifact)).length, 5);
    assertEquals([await store.head(note), facts.missing.size], [undefined, 0]);
  });
});

Deno.test("runCoordinator() takes a dropped file once it stands still", async () => {
  await inFolder(async (store, run) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    await store.put(incomingKey("a", "one.hdf5"), encode("one"));
    await run();
    assertEquals((await loadFacts(store, "a")).head?.version, 1);
  });
});

Deno.test("runCoordinator() goes on with the other learners when one has a damaged fact", async () => {
  await inFolder(async (store, run) => {
    for (const name of ["a", "b"]) await createLearner({ store, name, seed: 1, preset: "smoke" });
    await addUploaded({ store, learner: "b", fileName: "one.hdf5", body: encode("one") });
    await store.put("learners/a/tasks/1.json", encode("{"));
    const errors: string[] = [];
    const stop = new AbortController();
    const done = run({
      signal: stop.signal,
      onError: (learner, error) => errors.push(`${learner}: ${(error as Error).message}`),
      onChange: ({ facts }) => facts.head?.version === 1 && stop.abort(),
    });
    await done;
    assertEquals((await loadFacts(store, "b")).head?.version, 1);
    assertEquals(errors[0], "a: learners/a/tasks/1.json is damaged: it is not JSON");
  });
});
