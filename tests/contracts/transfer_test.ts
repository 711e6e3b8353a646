import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  addUploaded,
  createLearner,
  exportLearner,
  learnerExists,
  listLearners,
  rollback,
} from "@cugro/learners";
import { CorruptArtifactError, openFilesystemStore, openS3Store, type Store } from "@cugro/store";
import { artifactKey, sha256 } from "@cugro/protocol";
import { MINIO_ROOT, startMinio } from "../../scripts/cluster/object_store/minio.ts";
import type { RunningServer } from "../../scripts/cluster/servers.ts";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import { drive, learnerWith, pretend } from "../fakes/world.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
let folder: string;
let minio: RunningServer;

const variables = () => ({
  CUGRO_S3_ENDPOINT: minio.url,
  CUGRO_S3_ACCESS_KEY: MINIO_ROOT.user,
  CUGRO_S3_SECRET_KEY: MINIO_ROOT.password,
});

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  minio = await startMinio({ folder: `${folder}/minio` });
  await (await bucket("", true)).close();
});

Deno.test.afterAll(async () => {
  await minio.stop();
  await Deno.remove(folder, { recursive: true });
});

function bucket(prefix: string, createBucket = false): Promise<Store> {
  const { user: accessKey, password: secretKey } = MINIO_ROOT;
  return openS3Store({ bucket: "transfer", prefix, endpoint: minio.url, accessKey, secretKey, createBucket });
}

/** A folder with a learner that knows two tasks, and a file of a third that waits and is large. */
async function learnt(name: string): Promise<{ root: string; store: Store }> {
  const root = `${folder}/${name}`;
  const store = await openFilesystemStore({ root });
  await learnerWith(store, ["one", "two"]);
  await drive(store, pretend());
  const large = new Uint8Array(20 << 20).map((_, i) => i >>> 9);
  await addUploaded({ store, learner: "a", fileName: "three.hdf5", body: large });
  return { root, store };
}

/** Everything in a store, by key. */
async function contents(store: Store): Promise<Record<string, string>> {
  const all = await Promise.all((await store.list("")).map(({ key }) => store.get(key)));
  return Object.fromEntries(all.map((found) => [found!.info.key, sha256(found!.bytes)]));
}

/** Runs `cugro` with the bucket's keys in the environment. */
async function cugro(...args: string[]): Promise<{ code: number; output: string }> {
  const output: string[] = [];
  const { log, error } = console;
  console.log = console.error = (text: unknown) => void output.push(String(text));
  for (const [name, value] of Object.entries(variables())) Deno.env.set(name, value);
  try {
    return { code: await runCommandLine(args), output: output.join("\n") };
  } finally {
    Object.assign(console, { log, error });
    for (const name of Object.keys(variables())) Deno.env.delete(name);
  }
}

Deno.test("push, then pull elsewhere, gives a learner of the same bytes; repeated, they send nothing", async () => {
  const { root, store } = await learnt("here");
  const there = "s3://transfer/round/trip";
  const pushed = await cugro("push", "--learner", "a", "--store", root, "--to", there);
  assertEquals(pushed.code, 0, pushed.output);
  const pulled = await cugro("pull", "--learner", "a", "--from", there, "--store", `${folder}/elsewhere`);
  assertEquals(pulled.code, 0, pulled.output);
  const elsewhere = await openFilesystemStore({ root: `${folder}/elsewhere` });
  const [mine, theirs] = [await contents(store), await contents(elsewhere)];
  assert(Object.keys(theirs).length > 30);
  for (const [key, hash] of Object.entries(theirs)) assertEquals(mine[key], hash, key);
  assertStringIncludes(pushed.output, `a: ${Object.keys(theirs).length} objects`);
  await elsewhere.close();
  for (const direction of [["push", "--to"], ["pull", "--from"]] as const) {
    const [command, flag] = direction;
    const again = await cugro(command, "--learner", "a", "--store", root, flag, there);
    assertStringIncludes(again.output, "0 of them are new there");
  }
  const status = await cugro("status", "--store", there, "--json");
  assertEquals([status.code, JSON.parse(status.output)[0]?.name ?? JSON.parse(status.output)[0]?.learner], [
    0,
    "a",
  ]);
  await store.close();
});

Deno.test("push that was cut off leaves no learner, and is taken up where it stopped", async () => {
  const { root, store } = await learnt("cut-off");
  const to = await bucket("cut-off");
  let room = 12;
  const failing = new Proxy(to, {
    get(target, name) {
      const member = target[name as keyof Store];
      if (typeof member !== "function") return member;
      if (name === "put" && room-- <= 0) return () => Promise.reject(new Error("cut off"));
      return member.bind(target);
    },
  });
  await assertRejects(() => exportLearner({ store, name: "a", to: failing }), Error, "cut off");
  assertEquals([await learnerExists(to, "a"), await listLearners(to)], [false, []]);
  const there = (await to.list("")).length;
  assert(there >= 12);
  const { objects, added } = await exportLearner({ store, name: "a", to });
  assertEquals([added, (await to.list("")).length], [objects - there, objects]);
  assert(await learnerExists(to, "a"));
  await to.close();
  await store.close();
  const status = await cugro("versions", "--learner", "a", "--store", "s3://transfer/cut-off");
  assertEquals(status.code, 0, `${root}: ${status.output}`);
});

Deno.test("push refuses to write over a copy that went on, until that has been pulled", async () => {
  const { root, store } = await learnt("behind");
  const there = "s3://transfer/ahead";
  const to = await bucket("ahead");
  await exportLearner({ store, name: "a", to });
  await rollback({ store: to, name: "a", version: 1 });
  await store.close();
  const push = () => cugro("push", "--learner", "a", "--store", root, "--to", there);
  const refused = await push();
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.output,
    "learners/a/versions/2/withdrawn.json is not here. Copy it from there first",
  );
  const pulled = await cugro("pull", "--learner", "a", "--from", there, "--store", root);
  assertEquals([pulled.code, pulled.output.includes("; 1 of them")], [0, true], pulled.output);
  assertEquals((await push()).code, 0);
  await to.close();
});

Deno.test("push refuses another learner of the same name, and a damaged artifact", async () => {
  const { store } = await learnt("damaged");
  const to = await bucket("other");
  await createLearner({ store: to, name: "a", seed: 99, preset: "smoke" });
  const before = await contents(to);
  await assertRejects(
    () => exportLearner({ store, name: "a", to }),
    RangeError,
    'There is another learner "a"',
  );
  assertEquals(await contents(to), before);
  const clean = await bucket("damaged");
  const [artifact] = await store.list("artifacts/");
  await store.put(artifact!.key, bytes("x".repeat(artifact!.size)));
  const error = await assertRejects(
    () => exportLearner({ store, name: "a", to: clean }),
    CorruptArtifactError,
  );
  assertStringIncludes(error.message, artifact!.key);
  assertEquals(await clean.head(artifactKey(artifact!.key.slice("artifacts/".length))), undefined);
  assertEquals(await learnerExists(clean, "a"), false);
  for (const each of [to, clean, store]) await each.close();
});

Deno.test("commands say what is wrong with the name of a store", async () => {
  const run = await cugro("run", "--learner", "a", "--store", "s3://transfer/x");
  assertEquals(run.code, 1);
  assertStringIncludes(run.output, "needs a folder: s3://transfer/x is a bucket");
  assertStringIncludes(
    (await cugro("status", "--store", "gs://bucket")).output,
    'current value is "gs://bucket"',
  );
  assertStringIncludes(
    (await cugro("status", "--store", "s3://B")).output,
    "CUGRO_STORE must name the store",
  );
  assertStringIncludes((await cugro("status", "--store", "s3://nobody")).output, "there is no such bucket");
  const folders = await cugro("push", "--learner", "a", "--store", folder, "--to", `${folder}/b`);
  assertStringIncludes(folders.output, "need a bucket");
});
