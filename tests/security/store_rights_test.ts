/** The rights of each service in the bucket, tried out on real servers with the committed policies. */
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { mapConcurrently } from "@cugro/async";
import { assert, assertEquals } from "@std/assert";
import { JOB_KINDS, type JobKind, kindsOfService } from "@cugro/protocol";
import { type Store, StoreError } from "@cugro/store";
import { type ServiceName, WORKER } from "../../services/services.ts";
import { policiesFor } from "../../infra/policies.ts";
import { ALL_SERVICES, prepareBucket, startConfined } from "./confined.ts";
import { type ConfinedStore, startConfinedVersity } from "./versity_rights.ts";

const hash = "a".repeat(64);
const hook = "a".repeat(24);
/** The objects of a job. */
const OF_A_JOB = {
  job: "job.json",
  result: "result.json",
  checkpoint: "checkpoint",
  run: "run.json",
  failure: "failures/1.json",
  retry: "retries/1.json",
  stopped: "stopped.json",
  damage: `damaged/${hash}`,
} as const;
type OfAJob = keyof typeof OF_A_JOB;
const ALL_OF_A_JOB = Object.keys(OF_A_JOB) as OfAJob[];
/** Kinds whose every object is tried; of the other kinds only the job, its result and its checkpoint. */
const THOROUGHLY: readonly JobKind[] = ["states.train", "dataset.import"];
const sortsOf = (kind: JobKind): OfAJob[] =>
  THOROUGHLY.includes(kind) ? ALL_OF_A_JOB : ["job", "result", "checkpoint"];
/** One object of every other sort in the store, for two learners where keys contain a learner's name. */
const OTHERS = {
  incoming: "incoming/team-a-walker/task1.hdf5",
  "other incoming": "incoming/team-b-walker/task1.hdf5",
  learner: "learners/team-a-walker/learner.json",
  version: "learners/team-a-walker/versions/1.json",
  head: "learners/team-a-walker/head.json",
  "other head": "learners/team-b-walker/head.json",
  artifact: `artifacts/${hash}`,
  dataset: `datasets/${hash}.safetensors`,
  announced: "announced/learners/team-a-walker/versions/1.json",
  webhook: `webhooks/${hook}/webhook.json`,
  delivery: `deliveries/pending/${hook}/learners/team-a-walker/versions/1.json`,
  "report links": "secrets/report-links",
  elsewhere: "backups/everything.tar",
  "old job": `jobs/${hash}/job.json`,
  "old result": `jobs/${hash}/result.json`,
  "old checkpoint": `jobs/${hash}/checkpoint`,
  "old retry": `jobs/${hash}/retries/1.json`,
} as const;
/** Key by sort; objects of jobs for every kind: `states.train result`. */
const OBJECTS: Readonly<Record<string, string>> = {
  ...OTHERS,
  ...Object.fromEntries(
    JOB_KINDS.flatMap((kind) =>
      sortsOf(kind).map((sort) => [`${kind} ${sort}`, `jobs/${kind}/${hash}/${OF_A_JOB[sort]}`])
    ),
  ),
};
type Act = "read" | "write" | "delete" | "list";
type Allowed = Record<Act, string[]>;

const of = (kinds: readonly JobKind[], sorts: readonly OfAJob[]) =>
  kinds.flatMap((kind) =>
    sorts.filter((sort) => sortsOf(kind).includes(sort)).map((sort) => `${kind} ${sort}`)
  );
const oldObjects = ["old job", "old result", "old checkpoint", "old retry"];
const learnerObjects = ["learner", "version", "head", "other head"];
const incomingObjects = ["incoming", "other incoming"];
const webhookObjects = ["webhook", "delivery"];

/** A worker of these kinds, which reads outputs of the other kinds. */
function worker(kinds: JobKind[], others: JobKind[], datasets: string[]): Allowed {
  return {
    read: [...of(kinds, ALL_OF_A_JOB), ...of(others, ["result"]), ...oldObjects, "artifact", ...datasets],
    write: [...of(kinds, ["result", "checkpoint", "run", "failure", "damage"]), "artifact"],
    delete: of(kinds, ["checkpoint", "run"]),
    list: [...of(kinds, ALL_OF_A_JOB), ...oldObjects],
  };
}

const everyJob = worker([...JOB_KINDS], [], ["dataset"]);
const importer = worker(["dataset.import", "dataset.measure"], [], ["dataset"]);
/** Written down here a second time, on purpose: a right that slips into the table of rights fails a test. */
const EXPECTED: Record<ServiceName | typeof WORKER, Allowed> = {
  gateway: {
    read: [
      ...incomingObjects,
      ...learnerObjects,
      ...of(JOB_KINDS, ALL_OF_A_JOB),
      ...oldObjects,
      "artifact",
      "dataset",
      "announced",
      "report links",
      ...webhookObjects,
    ],
    write: [
      ...incomingObjects,
      ...learnerObjects,
      ...of(JOB_KINDS, ["retry"]),
      "old retry",
      "report links",
      ...webhookObjects,
    ],
    delete: [...incomingObjects, ...webhookObjects],
    list: [
      ...incomingObjects,
      ...learnerObjects,
      ...of(JOB_KINDS, ALL_OF_A_JOB),
      ...oldObjects,
      "announced",
      ...webhookObjects,
    ],
  },
  coordinator: {
    read: [
      ...incomingObjects,
      ...learnerObjects,
      ...of(JOB_KINDS, ALL_OF_A_JOB),
      ...oldObjects,
      "artifact",
      "dataset",
      "announced",
    ],
    write: [...learnerObjects, ...of(JOB_KINDS, ["job", "stopped"]), "announced"],
    delete: [...incomingObjects, ...of(JOB_KINDS, ALL_OF_A_JOB), ...oldObjects, "artifact", "dataset"],
    list: [
      ...incomingObjects,
      ...learnerObjects,
      ...of(JOB_KINDS, ALL_OF_A_JOB),
      ...oldObjects,
      "artifact",
      "dataset",
      "announced",
    ],
  },
  "dataset-import": {
    ...importer,
    read: [...importer.read, ...incomingObjects],
    write: [...importer.write, "dataset"],
  },
  "state-generation": worker(["states.sample", "states.train"], ["actions.label"], ["dataset"]),
  "behavior-generation": worker(
    ["actions.label", "behavior.train", "proposer.label", "proposer.train", "actor.label", "actor.train"],
    ["states.sample", "critic.train"],
    ["dataset"],
  ),
  "critic-training": worker(["critic.train"], ["actions.label"], ["dataset"]),
  "policy-evaluation": worker(
    ["policy.evaluate", "policy.estimate"],
    ["actions.label", "states.train", "behavior.train", "critic.train", "proposer.train", "actor.train"],
    ["dataset"],
  ),
  // Of workers everything, and nothing of those that give work.
  worker: {
    ...everyJob,
    read: [...everyJob.read, ...incomingObjects],
    write: [...everyJob.write, "dataset"],
    list: of(JOB_KINDS, ALL_OF_A_JOB).concat(oldObjects),
  },
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

/** The rights that credentials have on every sort of object; objects are restored afterwards. */
async function rightsOf(store: Store, root: Store): Promise<Allowed> {
  const rights: Allowed = { read: [], write: [], delete: [], list: [] };
  for (const act of ["read", "list", "write", "delete"] as const) {
    await mapConcurrently(Object.entries(OBJECTS), 8, async ([sort, key]) => {
      const before = await root.head(key);
      if (await isAllowed(() => ACTS[act](store, key))) rights[act].push(sort);
      else assertEquals(await root.head(key), before, `${act} ${key} was refused, and yet it changed`);
      if (act === "delete") await root.put(key, new TextEncoder().encode(sort));
    });
  }
  await store.close();
  return rights;
}

const sorted = (rights: Allowed) =>
  Object.fromEntries(Object.entries(rights).map(([act, sorts]) => [act, [...sorts].sort()]));

const namedPolicies = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name.replace(".json", ""), text]));

/** Plain requests under a policy, as with any S3 client: whether each was let through. */
async function s3Client(
  servers: ConfinedStore,
  policy: string,
): Promise<(act: Act, key: string) => Promise<boolean>> {
  const { accessKey, secretKey, sessionToken } = await servers.keysUnder(policy);
  const client = new S3Client({
    endpoint: servers.url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  });
  return async (act, key) => {
    const target = { Bucket: "cugro", Key: key };
    try {
      if (act === "read") await client.send(new HeadObjectCommand(target));
      else if (act === "write") await client.send(new PutObjectCommand({ ...target, Body: "dropped" }));
      else if (act === "delete") await client.send(new DeleteObjectCommand(target));
      else await client.send(new ListObjectsV2Command({ Bucket: "cugro", Prefix: key }));
      return true;
    } catch (error) {
      const { httpStatusCode } = (error as { $metadata: { httpStatusCode: number } }).$metadata;
      // Missing, and allowed to see that it is missing.
      if (httpStatusCode === 404) return true;
      assertEquals(httpStatusCode, 403, String(error));
      return false;
    }
  };
}

async function startConfinedMinio(): Promise<ConfinedStore> {
  const servers = await startConfined();
  await prepareBucket(servers);
  return { ...servers, url: servers.minio.url };
}

for (const [name, start] of [["MinIO", startConfinedMinio], ["Versity", startConfinedVersity]] as const) {
  Deno.test(`${name}: every service may do in the bucket what it needs, and nothing else`, async (test) => {
    const servers = await start();
    const root = await servers.openRootStore();
    for (const [sort, key] of Object.entries(OBJECTS)) await root.put(key, new TextEncoder().encode(sort));
    for (const service of [...ALL_SERVICES, WORKER] as const) {
      await test.step(service, async () => {
        const store = await servers.openStoreOf(service);
        assertEquals(sorted(await rightsOf(store, root)), sorted(EXPECTED[service]));
      });
    }
    await test.step("credentials for dropping files for team-a- reach no other team, and read nothing", async () => {
      const { dropper } = namedPolicies(policiesFor({ names: "team-a-" }));
      const client = await s3Client(servers, dropper!);
      const allowed: Allowed = { read: [], write: [], delete: [], list: [] };
      for (const [sort, key] of Object.entries(OTHERS)) {
        for (const act of ["read", "list", "write", "delete"] as const) {
          if (await client(act, key)) allowed[act].push(sort);
        }
      }
      const incoming = ["incoming"];
      assertEquals(allowed, { read: [], list: incoming, write: incoming, delete: incoming });
    });
    await test.step("a store of its own in the bucket: nothing of it is shared", async () => {
      const policies = namedPolicies(policiesFor({ place: "cugro/team-a" }));
      const store = await servers.openStoreUnder(policies["state-generation"]!, "cugro/team-a");
      const key = OBJECTS["states.train result"]!;
      await store.put(key, new Uint8Array(1), { ifNoneMatch: true });
      assertEquals((await store.list("jobs/states.train/")).map((info) => info.key), [key]);
      await store.close();
      const other = await s3Client(servers, policies["state-generation"]!);
      const team = [key, OTHERS.artifact, OTHERS.dataset].map((each) => other("read", `team-a/${each}`));
      assertEquals(await Promise.all(team), [true, true, true]);
      const whole = [key, OTHERS.artifact, OTHERS.dataset].map((each) => other("read", each));
      assertEquals(await Promise.all(whole), [false, false, false]);
    });
    await test.step("nobody lists the whole bucket, and a missing object is 404 and not 403", async () => {
      for (const service of ALL_SERVICES) {
        const store = await servers.openStoreOf(service);
        const kind = kindsOfService(service)[0] ?? "states.train";
        assertEquals(await isAllowed(() => store.list("")), false, service);
        assertEquals(await store.get(`jobs/${kind}/${"b".repeat(64)}/result.json`), undefined, service);
        assertEquals(await store.head(`artifacts/${"b".repeat(64)}`), undefined, service);
        await store.close();
      }
    });
    await root.close();
    await servers.stop();
  });
}
