/** What each service may do in the bucket, tried out on real servers with the committed policies. */
import { assert, assertEquals } from "@std/assert";
import { type Store, StoreError } from "@cugro/store";
import type { ServiceName } from "../../services/services.ts";
import { ALL_SERVICES, prepareBucket, startConfined } from "./confined.ts";
import { type ConfinedStore, startConfinedVersity } from "./versity_rights.ts";

const hash = "a".repeat(64);
/** One object of every sort that the store knows. */
const OBJECTS = {
  incoming: "incoming/walker/task1.hdf5",
  learner: "learners/walker/learner.json",
  version: "learners/walker/versions/1.json",
  head: "learners/walker/head.json",
  job: `jobs/${hash}/job.json`,
  result: `jobs/${hash}/result.json`,
  checkpoint: `jobs/${hash}/checkpoint`,
  run: `jobs/${hash}/run.json`,
  failure: `jobs/${hash}/failures/1.json`,
  retry: `jobs/${hash}/retries/1.json`,
  artifact: `artifacts/${hash}`,
  dataset: `datasets/${hash}.safetensors`,
  announced: "announced/learners/walker/versions/1.json",
  webhook: "webhooks/aaaaaaaaaaaaaaaaaaaaaaaa/webhook.json",
  delivery: "deliveries/pending/aaaaaaaaaaaaaaaaaaaaaaaa/learners/walker/versions/1.json",
  elsewhere: "backups/everything.tar",
} as const;
type Sort = keyof typeof OBJECTS;
type Act = "read" | "write" | "delete" | "list";

const jobObjects: Sort[] = ["job", "result", "checkpoint", "run", "failure", "retry"];
const learnerObjects: Sort[] = ["learner", "version", "head"];
const webhookObjects: Sort[] = ["webhook", "delivery"];
const worker: Record<Act, Sort[]> = {
  read: [...jobObjects, "artifact", "dataset"],
  write: ["result", "checkpoint", "run", "failure", "artifact"],
  delete: ["checkpoint", "run", "artifact"],
  list: jobObjects,
};
/** Written down here a second time, on purpose: a right that slips into the table of rights fails a test. */
const EXPECTED: Record<ServiceName, Record<Act, Sort[]>> = {
  gateway: {
    read: [
      "incoming",
      ...learnerObjects,
      ...jobObjects,
      "artifact",
      "dataset",
      "announced",
      ...webhookObjects,
    ],
    write: ["incoming", ...learnerObjects, "retry", ...webhookObjects],
    delete: ["incoming", ...webhookObjects],
    list: ["incoming", ...learnerObjects, ...jobObjects, "announced", ...webhookObjects],
  },
  coordinator: {
    read: ["incoming", ...learnerObjects, ...jobObjects, "artifact", "dataset", "announced"],
    write: [...learnerObjects, "job", "announced"],
    delete: ["incoming", ...jobObjects, "artifact", "dataset"],
    list: ["incoming", ...learnerObjects, ...jobObjects, "artifact", "dataset", "announced"],
  },
  "dataset-import": { ...worker, read: [...worker.read, "incoming"], write: [...worker.write, "dataset"] },
  "state-generation": worker,
  "behavior-generation": worker,
  "critic-training": worker,
  "policy-evaluation": worker,
};

/** Whether the store lets it happen. Anything but a clear refusal is an error of its own. */
async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    assert(error instanceof StoreError, String(error));
    assert(/AccessDenied|it refuses/.test(error.message), error.message);
    return false;
  }
}

const ACTS: Record<Act, (store: Store, key: string) => Promise<unknown>> = {
  read: (store, key) => store.get(key),
  list: (store, key) => store.list(key),
  write: (store, key) => store.put(key, new TextEncoder().encode("written")),
  delete: (store, key) => store.delete(key),
};

/** What a service may do with every sort of object; what was there is put back. */
async function rightsOf(
  service: ServiceName,
  servers: Pick<ConfinedStore, "openStoreOf">,
  root: Store,
): Promise<Record<Act, Sort[]>> {
  const store = await servers.openStoreOf(service);
  const rights: Record<Act, Sort[]> = { read: [], write: [], delete: [], list: [] };
  for (const act of ["read", "list", "write", "delete"] as const) {
    for (const [sort, key] of Object.entries(OBJECTS) as [Sort, string][]) {
      const before = await root.head(key);
      if (await isAllowed(() => ACTS[act](store, key))) rights[act].push(sort);
      else {assertEquals(
          await root.head(key),
          before,
          `${service} was refused to ${act} ${key}, and yet it changed`,
        );}
      if (act === "delete") await root.put(key, new TextEncoder().encode(sort));
    }
  }
  await store.close();
  return rights;
}

const sorted = (rights: Record<Act, Sort[]>) =>
  Object.fromEntries(Object.entries(rights).map(([act, sorts]) => [act, [...sorts].sort()]));

async function startConfinedMinio(): Promise<Pick<ConfinedStore, "openStoreOf" | "openRootStore" | "stop">> {
  const servers = await startConfined();
  await prepareBucket(servers);
  return servers;
}

for (const [name, start] of [["MinIO", startConfinedMinio], ["Versity", startConfinedVersity]] as const) {
  Deno.test(`${name}: every service may do in the bucket what it needs, and nothing else`, async (test) => {
    const servers = await start();
    const root = await servers.openRootStore();
    for (const [sort, key] of Object.entries(OBJECTS)) await root.put(key, new TextEncoder().encode(sort));
    for (const service of ALL_SERVICES) {
      await test.step(service, async () => {
        assertEquals(sorted(await rightsOf(service, servers, root)), sorted(EXPECTED[service]));
      });
    }
    await test.step("nobody lists the whole bucket, and what is not there is not forbidden", async () => {
      for (const service of ALL_SERVICES) {
        const store = await servers.openStoreOf(service);
        assertEquals(await isAllowed(() => store.list("")), false, service);
        assertEquals(await store.get(`jobs/${"b".repeat(64)}/result.json`), undefined, service);
        assertEquals(await store.head(`artifacts/${"b".repeat(64)}`), undefined, service);
        await store.close();
      }
    });
    await root.close();
    await servers.stop();
  });
}
