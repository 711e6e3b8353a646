import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { examineStore, type Finding, openS3Store } from "@cugro/store";
import type { RunningServer } from "../../scripts/cluster/servers.ts";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import { S3_ROOT, S3_SERVERS } from "../fakes/s3_servers.ts";

let folder: string;
const running = new Map<string, RunningServer>();

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Promise.all(S3_SERVERS.map(async ({ name, start }) => {
    const server = await start({ folder: `${folder}/${name}` });
    running.set(name, server);
    await (await openS3Store({ bucket: "tried", endpoint: server.url, ...S3_ROOT, createBucket: true }))
      .close();
  }));
});

Deno.test.afterAll(async () => {
  for (const server of running.values()) await server.stop();
  await Deno.remove(folder, { recursive: true });
});

const examine = (
  endpoint: string,
  store = "s3://tried/here",
  keys = S3_ROOT as { accessKey: string; secretKey: string },
) => examineStore({ store, s3: { endpoint, ...keys } });
const states = (findings: readonly Finding[], state: Finding["state"]) =>
  findings.filter((one) => one.state === state).map(({ check }) => check);

for (const { name } of S3_SERVERS) {
  Deno.test(`${name}: a bucket is examined, whatever is in it stays, and nothing is left behind`, async () => {
    const { url } = running.get(name)!;
    const store = await openS3Store({ bucket: "tried", prefix: "here", endpoint: url, ...S3_ROOT });
    await store.put("learners/a/head.json", new TextEncoder().encode("{}"));
    const findings = await examine(url);
    assertEquals(states(findings, "untried"), []);
    // MinIO's own builds take writes without a secret; all else is in order in both.
    const wrong = name === "MinIO" && states(findings, "fault").length > 0
      ? ["no write without a secret"]
      : [];
    assertEquals(states(findings, "fault"), wrong, JSON.stringify(findings));
    const all = await openS3Store({ bucket: "tried", endpoint: url, ...S3_ROOT });
    const left: string[] = [];
    assertEquals((await all.list("", ({ name }) => left.push(name))).map(({ key }) => key), [
      "here/learners/a/head.json",
    ]);
    assertEquals(left, []);
    for (const each of [store, all]) await each.close();
  });
}

Deno.test("what cannot work is a fault that says what it means and what to do, and nothing after it is tried", async () => {
  const { url } = running.get("Versity")!;
  const wrongKey = await examine(url, "s3://tried", { ...S3_ROOT, secretKey: "wrong-secret" });
  assertEquals(states(wrongKey, "fault").slice(0, 1), ["list"]);
  assertStringIncludes(wrongKey[0]!.detail, "the secret key does not fit the access key");
  assert(states(wrongKey, "untried").includes("write once"));
  const nobody = await examine(url, "s3://nobody");
  assertStringIncludes(nobody[0]!.detail, "there is no such bucket");
  const away = await examine("http://127.0.0.1:9", "s3://tried");
  assertStringIncludes(away[0]!.detail, "nothing listens there");
});

/** What a server in between makes of an answer. */
type Change = (
  request: { method: string; url: string },
  answer: { status: number; headers: IncomingHttpHeaders; body: Uint8Array },
) => Partial<{ status: number; headers: IncomingHttpHeaders; body: Uint8Array }>;

/** What is found through a server in between that changes answers. */
async function examineThrough(change: Change): Promise<Finding[]> {
  const { url: target } = running.get("Versity")!;
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const onward = request(target + url, { method, headers, agent: false });
    onward.on("response", async (answer) => {
      const body = new Uint8Array(await buffer(answer));
      const got = { status: answer.statusCode!, headers: answer.headers, body };
      const changed = change({ method, url }, got);
      const given = { ...got, ...changed };
      if (changed.body) given.headers = { ...given.headers, "content-length": String(changed.body.length) };
      outgoing.writeHead(given.status, given.headers).end(given.body);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    return await examine(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("a server that ignores conditions, whose lists lag behind, or whose clock is wrong, is found out", async () => {
  const ignoring = await examineThrough((_, { status }) => status === 412 ? { status: 200 } : {});
  const faults = states(ignoring, "fault");
  for (const check of ["write once", "compare and swap", "uploads in parts"]) {
    assert(faults.includes(check), `${faults}`);
  }
  const once = ignoring.find(({ check }) => check === "write once")!;
  assertStringIncludes(once.meaning!, "two workers could both commit one job");
  assertStringIncludes(once.advice!, "use another S3 server");

  const lists = new Map<string, Uint8Array>();
  const lagging = await examineThrough(({ method, url }, { body }) => {
    if (method !== "GET" || !url.includes("list-type=2") || !url.includes("seen")) return {};
    const before = lists.get(url);
    lists.set(url, body);
    return before === undefined ? {} : { body: before };
  });
  assertEquals(states(lagging, "fault"), ["lists and reads at once"]);

  const late = await examineThrough((_, { headers }) => {
    return { headers: { ...headers, date: new Date(Date.now() - 120_000).toUTCString() } };
  });
  const clock = late.find(({ check }) => check === "clock")!;
  assertEquals([clock.state, states(late, "fault")], ["note", []]);
  assert(/the store's clock is 1[12]\d s behind/.test(clock.detail), clock.detail);
});

Deno.test("cugro doctor --store tries a folder's disk, and ends with 1 for a bucket that is unfit", async () => {
  const printed: string[] = [];
  const { log, error } = console;
  console.log = console.error = (text: unknown) => void printed.push(String(text));
  const codes: number[] = [];
  try {
    Deno.env.set("CUGRO_S3_ENDPOINT", "http://127.0.0.1:9");
    codes.push(await runCommandLine(["doctor", "--store", folder]));
    codes.push(await runCommandLine(["doctor", "--store", "s3://nobody"]));
    codes.push(await runCommandLine(["doctor", "--store", `${folder}/nowhere`]));
  } finally {
    Object.assign(console, { log, error });
    Deno.env.delete("CUGRO_S3_ENDPOINT");
    Deno.exitCode = 0;
  }
  assertEquals(codes, [0, 1, 1]);
  const text = printed.join("\n");
  assertStringIncludes(text, `${folder} can be a store.`);
  assertStringIncludes(text, "s3://nobody cannot be a store: 1 fault");
  assertStringIncludes(text, "is not there: a store is made by the first command that learns");
});
