import { sleep } from "@cugro/async";
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createLearner } from "@cugro/learners";
import { createEmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { type Mounted, readConfig, startHttpBase } from "@cugro/process";
import { openFilesystemStore } from "@cugro/store";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveGateway } from "./serve_gateway.ts";
import { openActLine } from "./testing/act_line.ts";
import { until } from "./testing/listening_gateway.ts";
import { addToken, issueToken } from "./tokens.ts";
import { withFolder } from "../../tests/fakes/test_folder.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** A connection that is used for one request after the other. */
interface Line {
  send(text: string): void;
  /** The next answer as it came; "" at the end of the connection. */
  answer(): Promise<string>;
  close(): void;
}

async function openLine(port: number): Promise<Line> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened: Socket = connect(port, "127.0.0.1", () => resolve(opened)).once("error", reject);
  });
  let [text, ended, onNews] = ["", false, () => {}];
  socket.on("data", (bytes) => (text += bytes, onNews()));
  for (const end of ["end", "error", "close"]) socket.on(end, () => (ended = true, onNews()));
  const take = () => {
    const interim = /^HTTP\/1.1 100 [^]*?\r\n\r\n/.exec(text)?.[0];
    if (interim !== undefined) {
      text = text.slice(interim.length);
      return interim;
    }
    const size = /^[^]*?\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    const end = text.indexOf("\r\n\r\n") + 4 + Number(size);
    if (size === undefined || end < 4 + Number(size) || text.length < end) return ended ? "" : undefined;
    const one = text.slice(0, end);
    text = text.slice(end);
    return one;
  };
  return {
    send: (part) => void socket.write(part),
    async answer() {
      for (let one = take();; one = take()) {
        if (one !== undefined) return one;
        await new Promise<void>((resolve) => onNews = resolve);
      }
    },
    close: () => void socket.destroy(),
  };
}

/** Whether nobody listens there any more. */
async function isRefused(port: number): Promise<boolean> {
  const line = await openLine(port).catch(() => undefined);
  line?.close();
  return line === undefined;
}

const PIECE = "x".repeat(1 << 20);

/** An upload of two pieces that is under way and waits for the second. */
async function beginUpload(port: number, secret: string): Promise<Line> {
  const line = await openLine(port);
  line.send(
    `POST /v1/learners/a/tasks?fileName=one.hdf5 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n` +
      `content-type: application/octet-stream\r\ncontent-length: ${2 * PIECE.length}\r\n` +
      "expect: 100-continue\r\n\r\n",
  );
  assertEquals(statusOf(await line.answer()), "100", "somebody reads the body");
  line.send(PIECE);
  return line;
}

const get = (secret: string) =>
  `GET /v1/learners/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n\r\n`;
const statusOf = (answer: string) => answer.split(" ")[1];

/** A folder with a learner, and a token for it. */
function withStoreAndTokens(
  test: (folder: { store: string; tokensFile: string; secret: string }) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const [path, tokensFile] = [join(folder, "store"), join(folder, "tokens.json")];
    const store = await openFilesystemStore({ root: path });
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    await store.close();
    const { secret, entry } = issueToken({ name: "t", scopes: ["admin"], learners: ["*"] });
    await addToken(tokensFile, entry);
    await test({ store: path, tokensFile, secret });
  });
}

/** A gateway in this process, whose balancers know of its end when `notice` resolves. */
async function startHere(
  { store: root, tokensFile }: { store: string; tokensFile: string },
  notice: Promise<void>,
) {
  const config = readConfig({ CUGRO_STORE: root, CUGRO_TOKENS_FILE: tokensFile, CUGRO_DRAIN_SECONDS: "300" });
  const store = await openFilesystemStore({ root });
  const [bus, metrics, stop] = [createEmbeddedBus(), createMetrics("gateway"), new AbortController()];
  const mounted = Promise.withResolvers<Mounted>();
  let upgrade: Mounted["upgrade"];
  const closing = Promise.withResolvers<void>();
  const states = new Map<string, string | true>();
  const extra = {
    fetch: async (request: Request) => await (await mounted.promise).fetch(request),
    upgrade: () => upgrade,
  };
  const server = await startHttpBase({ port: 0, ready: () => Promise.resolve({}), metrics, extra });
  const ended = serveGateway({
    ...{ config, store, bus, metrics, log: createLog({ level: "silent" }), signal: stop.signal },
    setReady: (name, state) => void states.set(name, state),
    mount: (app) => (upgrade = app.upgrade, mounted.resolve(app)),
    stopListening: (graceMs) => (closing.resolve(), server.close(graceMs)),
  }, () => notice);
  return {
    port: server.port,
    closing: closing.promise,
    states,
    stop: () => stop.abort(),
    async end() {
      await ended;
      await bus.close();
      await store.close();
    },
  };
}

Deno.test("a gateway that is told to stop answers what comes on connections it has, and says that it is the last", () =>
  withStoreAndTokens(async (folder) => {
    const notice = Promise.withResolvers<void>();
    const gateway = await startHere(folder, notice.promise);
    const [kept, idle] = [await openLine(gateway.port), await openLine(gateway.port)];
    for (const line of [kept, idle]) {
      line.send(get(folder.secret));
      const first = await line.answer();
      assertEquals([statusOf(first), /connection: close/i.test(first)], ["200", false], first);
    }
    const slow = await beginUpload(gateway.port, folder.secret);
    gateway.stop();
    await until("it says that it stops", () => gateway.states.get("process") === "is stopping");
    kept.send(get(folder.secret));
    const last = await kept.answer();
    assertEquals([statusOf(last), /connection: close/i.test(last)], ["200", true], last);
    notice.resolve();
    await gateway.closing;
    idle.send(get(folder.secret));
    assertEquals(statusOf(await idle.answer()), "200", "the upload is still coming in");
    const headers = { authorization: `Bearer ${folder.secret}` };
    const events = await fetch(`http://127.0.0.1:${gateway.port}/v1/learners/a/events`, { headers });
    assertStringIncludes(await events.text(), "retry: ", "a stream ends at once");
    slow.send(PIECE);
    assertEquals(statusOf(await slow.answer()), "202");
    await gateway.end();
    assertEquals([await kept.answer(), await idle.answer(), await slow.answer()], ["", "", ""]);
    assert(await isRefused(gateway.port));
    for (const line of [kept, slow, idle]) line.close();
  }));

Deno.test("a gateway that is told to stop answers over WebSockets until balancers know it, and takes no more of them", () =>
  withStoreAndTokens(async (folder) => {
    const notice = Promise.withResolvers<void>();
    const gateway = await startHere(folder, notice.promise);
    const given = { url: `http://127.0.0.1:${gateway.port}`, tokens: { reader: folder.secret } };
    const question = { task: 1, observations: [[1]] };
    await until("it serves", async () => {
      const headers = { authorization: `Bearer ${folder.secret}` };
      return (await (await fetch(`${given.url}/v1/learners`, { headers })).json()).learners.length === 1;
    });
    const line = await openActLine(given, "a");
    const ask = async (id: number) => {
      line.send({ ...question, id });
      const { id: named, status } = await line.next();
      assertEquals([named, status], [id, 409], "it has no version");
    };
    await ask(1);
    gateway.stop();
    await until("it says that it stops", () => gateway.states.get("process") === "is stopping");
    await ask(2);
    const late = await openLine(gateway.port);
    late.send(
      "GET /v1/learners/a/act HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
        `authorization: Bearer ${folder.secret}\r\n\r\n`,
    );
    const refused = await late.answer();
    assertEquals([statusOf(refused), /^retry-after: 1\r$/im.test(refused)], ["503", true], refused);
    notice.resolve();
    assertEquals((await line.ended)[0], 1001);
    await gateway.end();
    late.close();
  }));

interface GatewayProcess {
  port: number;
  terminate(): void;
  output(): string;
  ended: Promise<number | null>;
}

/** A gateway as a process of its own, ready. */
async function startProcess(
  { store, tokensFile }: { store: string; tokensFile: string },
  drainSeconds: number,
): Promise<GatewayProcess> {
  const env = {
    ...Deno.env.toObject(),
    ...{ CUGRO_STORE: store, CUGRO_TOKENS_FILE: tokensFile, CUGRO_HTTP_PORT: "0", CUGRO_LOG: "info" },
    ...{ CUGRO_NATS: "", CUGRO_DRAIN_SECONDS: String(drainSeconds) },
  };
  const child = spawn(Deno.execPath(), ["run", "-A", MAIN], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => output += bytes);
  const ended = new Promise<number | null>((resolve) => child.on("close", (status) => resolve(status)));
  const port = () => Number(/"port":(\d+)/.exec(output)?.[1] ?? 0);
  await until(`a gateway is ready (${output})`, async () => {
    const answer = port() === 0
      ? undefined
      : await fetch(`http://127.0.0.1:${port()}/readyz`).catch(() => {});
    await answer?.body?.cancel();
    return answer?.ok === true;
  });
  return {
    port: port(),
    terminate: () => void process.kill(child.pid!, "SIGTERM"),
    output: () => output,
    ended,
  };
}

Deno.test("SIGTERM: an upload that takes longer than balancers need is finished; status 0", () =>
  withStoreAndTokens(async (folder) => {
    const gateway = await startProcess(folder, 300);
    const slow = await beginUpload(gateway.port, folder.secret);
    gateway.terminate();
    await sleep(3_000);
    slow.send(PIECE);
    assertEquals(statusOf(await slow.answer()), "202", gateway.output());
    assertEquals(await gateway.ended, 0, gateway.output());
    assert(!gateway.output().includes("requests are cut off"), gateway.output());
    slow.close();
  }));

Deno.test("SIGTERM: a request that never ends is cut off when its time is over; status 0", () =>
  withStoreAndTokens(async (folder) => {
    const gateway = await startProcess(folder, 1);
    const stuck = await beginUpload(gateway.port, folder.secret);
    gateway.terminate();
    assertEquals(await gateway.ended, 0, gateway.output());
    assertStringIncludes(gateway.output(), "requests are cut off");
    assertEquals(await stuck.answer(), "");
    stuck.close();
  }));
