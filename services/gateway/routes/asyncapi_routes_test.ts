/** The AsyncAPI document: by the standard's own schema, and against what is really said on a nats-server. */
import type { Bus } from "@cugro/bus";
import { runCoordinator } from "@cugro/coordinator";
import { createLearner, loadFacts, relabel, rollback } from "@cugro/learners";
import { incomingKey, JOB_KINDS, type JsonObject } from "@cugro/protocol";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { type JobHandlers, runWorker } from "@cugro/worker";
import { connect, type Msg } from "@nats-io/transport-node";
import { assert, assertEquals } from "@std/assert";
import Ajv, { type ValidateFunction } from "ajv";
import { readFileSync } from "node:fs";
import { startTestServer } from "../../../tests/fakes/nats_server.ts";
import { createStubHandlers } from "../../../scripts/lab/experiments/stub_service.ts";
import { withGateway } from "../testing/testing_gateway.ts";
import { until } from "../testing/listening_gateway.ts";

interface Document {
  channels: Record<string, { address: string | null; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, unknown>;
  components: { messages: Record<string, { payload: { schema: object } }> };
}

const SCHEMA = new URL("../../../infra/schemas/asyncapi.json", import.meta.url);

async function served(): Promise<Document> {
  let document: unknown;
  await withGateway(async ({ ask }) => {
    document = (await ask("GET", "/asyncapi.json", { as: "" })).body;
  });
  return document as Document;
}

Deno.test("/asyncapi.json is a whole AsyncAPI 3 document: each reference leads somewhere, each message is used", async () => {
  const document = await served();
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  const isValid = ajv.compile(JSON.parse(readFileSync(SCHEMA, "utf8")));
  assert(isValid(document), JSON.stringify(isValid.errors));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  for (const path of references) {
    const found = path.split("/").reduce<unknown>((at, name) => (at as JsonObject)?.[name], document);
    assert(found !== undefined, path);
  }
  for (const name of Object.keys(document.components.messages)) {
    assert(references.includes(`components/messages/${name}`), name);
  }
  assert(!isValid({ ...document, channels: { a: { adress: "b" } } }), "the schema refuses what is wrong");
});

/** What says of a message whether it is as described: channels by their addresses. */
function checkerOf({ channels, components }: Document): (message: Msg) => string {
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  const known = Object.entries(channels).flatMap(([name, { address, messages }]) => {
    if (address === null) return [];
    const pattern = new RegExp(`^${address.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^.]+")}$`);
    const checks = Object.keys(messages).map((one): ValidateFunction =>
      ajv.compile(closed(components.messages[one]!.payload.schema))
    );
    return [{ name, pattern, checks }];
  });
  return (message) => {
    const fitting = known.filter(({ pattern }) => pattern.test(message.subject));
    assertEquals(fitting.length, 1, `channels of ${message.subject}`);
    const [{ name, checks }] = fitting as [typeof fitting[0]];
    const payload = message.json();
    assert(
      checks.some((check) => check(payload)),
      `${message.subject}: ${JSON.stringify(payload)} ${JSON.stringify(checks[0]!.errors)}`,
    );
    return name;
  };
}

/** The same, but that a member which is not described is a fault. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isObject = "properties" in inner && !("additionalProperties" in inner);
  return { ...inner, ...(isObject ? { additionalProperties: false } : {}) } as T;
}

const text = (value: string) => new TextEncoder().encode(value);

/** Everything that a learner's life gives rise to: files of both kinds, a failure, a version taken back, a label. */
async function live(store: Store, bus: Bus): Promise<void> {
  await createLearner({ store, name: "a", seed: 1, preset: "smoke", overrides: { gate: "observe" } });
  const drop = async (name: string, content: string) => {
    await store.put(incomingKey("a", name), text(content));
    bus.hint({ key: incomingKey("a", name) });
  };
  const facts = () => loadFacts(store, "a");
  await drop("one.hdf5", "one");
  await until("a version", async () => (await facts()).versions.length === 1);
  await drop("two.hdf5", "bad two");
  await until("a rejection", async () => (await facts()).rejections.length === 1);
  await relabel({ store, name: "a", task: 1, set: { name: "first" }, by: "somebody", reason: "a test" });
  await drop("three.hdf5", "three");
  await until("a failure", async () => (await facts()).taskFailures.length === 1);
  await rollback({ store, name: "a", version: 0, reason: "a test" });
  bus.hint({ key: incomingKey("a", "three.hdf5") });
}

/** Fails the second training of critics, for good. */
function handlers(): JobHandlers {
  const stub = createStubHandlers({ steps: 4, stepMs: 0 });
  let trained = 0;
  return {
    ...stub,
    "critic.train": (context) => {
      if (++trained > 1) throw new RangeError("a test lets it fail");
      return stub["critic.train"]!(context);
    },
  };
}

Deno.test("messages on NATS are as the AsyncAPI document says, each in its channel, with no member that it lacks", async () => {
  const check = checkerOf(await served());
  const server = await startTestServer();
  const folder = await Deno.makeTempDir({ prefix: "cugro-asyncapi-" });
  const store = await openFilesystemStore({ root: folder });
  const bus = await server.open({ streams: "create" });
  const listener = await connect({ servers: server.url });
  const stop = new AbortController();
  try {
    const received: Msg[] = [];
    for (const subject of ["events.>", "progress.>"]) {
      listener.subscribe(subject, { callback: (_error, message) => void received.push(message) });
    }
    await listener.flush();
    const log = createLog({ level: "silent" });
    const shared = { store, bus, signal: stop.signal, log };
    const running = [
      runCoordinator({ ...shared, intervalMs: 500 }),
      runWorker({ ...shared, handlers: handlers(), kinds: JOB_KINDS, profile: {} }),
    ];
    await live(store, bus);
    const wanted = [
      ...["arrivalRejected", "jobFailed", "jobFinished", "progress", "taskAccepted", "taskFailed"],
      ...["taskRelabelled", "versionPublished", "versionWithdrawn"],
    ];
    const channels = () => [...new Set(received.map(check))].sort();
    await until("all kinds of messages", () => channels().length >= wanted.length);
    assertEquals(channels(), wanted);
    stop.abort();
    await Promise.all(running);
  } finally {
    stop.abort();
    await listener.close();
    await server.dispose();
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
});
