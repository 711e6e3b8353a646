/**
 * The way to a policy and back: the gateway over HTTP, NATS and WebSockets with a policy that answers at once, beside an
 * answer of bare Hono and bare echoes over NATS and WebSockets, in turns. What a decision takes is the group `acting`. Always wall time; clients
 * ask again as soon as they have their answer, from a thread of their own.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Hono } from "hono";
import { openNatsBus } from "@cugro/bus";
import { actOverNats } from "@cugro/client";
import { createGateway, createInFlight, DEFAULT_LIMITS, openAuthenticator, rateOf } from "@cugro/gateway";
import {
  actOnNats,
  actOnWebSockets,
  admitByRoutes,
  createActMessages,
  createDirectAct,
} from "@cugro/gateway/acting";
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { startHttpBase } from "@cugro/process";
import { openActing, type OpenPolicy } from "@cugro/serving";
import { openFilesystemStore } from "@cugro/store";
import { createLog, createMetrics } from "@cugro/telemetry";
import { openBackend } from "@cugro/tensors";
import { startNats } from "../../cluster/servers.ts";
import { publishExample } from "../experiments/example_learner.ts";
import { runClients } from "../experiments/run_clients.ts";
import type { Figures, Group } from "./measure.ts";
import { openEcho, overSockets, type SocketTimes } from "./serving_sockets.ts";

const STATE_DIM = 17, ACTION_DIM = 6;
/** Lines are made as in a cluster, and thrown away. */
const log = createLog({ write: () => {} });

/** Answers at once. */
const openPolicy: OpenPolicy = ({ actionDim, stateDim }) =>
  Promise.resolve({
    act: (_task, states) => Promise.resolve(new Float32Array(states.length / stateDim * actionDim).fill(0.5)),
    forget: () => {},
    isOpen: () => true,
    close: () => Promise.resolve(),
  });

/** The group `serving`. */
export const serving: Group = {
  name: "serving",
  yardstick: [],
  open: async ({ quick }) => {
    const folder = await mkdtemp(join(tmpdir(), "cugro-bench-"));
    const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
    const gateway = await openGateway(folder, closing);
    const bare = openBare(closing), echo = await openEcho(closing);
    const seconds = quick ? 1 : 4;
    const ask = (url: string, clients: number, rows = 1) =>
      runClients({ url, token: gateway.token, clients, rows, stateDim: STATE_DIM, seconds, visit: false });
    await ask(gateway.url, 16);
    await ask(bare, 16);
    return {
      measure: async () => {
        const one = await ask(gateway.url, 1), sixteen = await ask(gateway.url, 16);
        const [many, hono] = [await ask(gateway.url, 64), await ask(bare, 64)];
        const rows = await ask(gateway.url, 16, 64);
        return {
          gatewayOneClientP50Ms: quantile(one.act, 0.5),
          gateway16ClientsP99Ms: quantile(sixteen.act, 0.99),
          gateway64ClientsPerSecond: many.act.length / seconds,
          bareHono64ClientsPerSecond: hono.act.length / seconds,
          gatewayToBareHono: many.act.length / hono.act.length,
          decisionsPerSecond64Rows: 64 * rows.act.length / seconds,
          ...await overNats(gateway.robot, quick ? 500 : 3_000),
          ...figuresOf(await overSockets({ ...gateway, echo, seconds, stateDim: STATE_DIM })),
        };
      },
      close: async () => {
        for (const close of closing.reverse()) await close();
      },
    };
  },
};

async function openGateway(folder: string, closing: (() => Promise<unknown>)[]) {
  await openBackend();
  const store = await openFilesystemStore({ root: join(folder, "store") });
  for (let task = 1; task <= 3; task++) {
    await publishExample({ store, name: "bench", stateDim: STATE_DIM, actionDim: ACTION_DIM });
  }
  const nats = await startNats({ folder: join(folder, "nats") });
  const bus = await openNatsBus({ servers: [nats.url], name: "gateway", log });
  const metrics = createMetrics("gateway");
  const acting = await openActing({ store, bus, log, openPolicy });
  const { secret, entry } = issueToken({ name: "bench", scopes: ["read"], learners: ["*"] });
  const tokens = join(folder, "tokens.json");
  await addToken(tokens, entry);
  const auth = await openAuthenticator({ path: tokens, log });
  const limits = { ...DEFAULT_LIMITS, requestsPerSecond: 1e6, requestBurst: 1e6 };
  const [rate, inFlight] = [rateOf(limits), createInFlight()];
  const app = createGateway({ store, bus, auth, log, metrics, acting, limits, rate, inFlight });
  const shared = { acting, auth, rate, inFlight, metrics, log };
  const [direct, answer] = [await createDirectAct(shared), createActMessages(shared)];
  const sockets = actOnWebSockets({ ...shared, answer, admit: admitByRoutes(app) });
  const fetch = (request: Request) => app.fetch(request);
  const extra = { fetch, direct: () => direct, upgrade: () => sockets };
  const server = await startHttpBase({ port: 0, ready: () => Promise.resolve({}), metrics, extra });
  await actOnNats(bus, answer);
  const { robot, echoing } = await connectToNats(nats.url);
  await acting.about("bench");
  closing.push(
    () => store.close(),
    () => nats.stop(),
    () => bus.close(),
    () => acting.close(),
    () => server.close(),
    () => sockets.close(0),
    () => robot.close(),
    () => echoing.close(),
  );
  return { url: `http://127.0.0.1:${server.port}`, token: secret, robot };
}

/** A client, and a bare echo. */
async function connectToNats(servers: string) {
  const robot = await connect({ servers }), echoing = await connect({ servers });
  echoing.subscribe("echo", { callback: (_error, message) => void message.respond(message.data) });
  await echoing.flush();
  return { robot, echoing };
}

/** Hono as it comes, which reads a body and answers with as much. @returns its URL */
function openBare(closing: (() => Promise<unknown>)[]): string {
  const app = new Hono();
  app.post("/v1/learners/bench/act", async (context) => {
    const { task } = await context.req.json();
    return context.json({ version: 1, task, actions: [Array(ACTION_DIM).fill(0.5)] });
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
  closing.push(() => server.shutdown());
  return `http://127.0.0.1:${server.addr.port}`;
}

/** One request after the other, and a bare echo of as many bytes, in turns. */
async function overNats(robot: NatsConnection, count: number): Promise<Figures> {
  const request = { task: 1, observations: [Array.from({ length: STATE_DIM }, (_, i) => Math.sin(i))] };
  const times = { act: [] as number[], echo: [] as number[] };
  const asks = {
    act: () => actOverNats(robot, "bench", request),
    echo: () => robot.request("echo", JSON.stringify(request)),
  };
  for (let i = -100; i < count; i++) {
    for (const what of ["act", "echo"] as const) {
      const began = performance.now();
      await asks[what]();
      if (i >= 0) times[what].push(performance.now() - began);
    }
  }
  return { natsActP50Ms: quantile(times.act, 0.5), natsEchoP50Ms: quantile(times.echo, 0.5) };
}

function figuresOf({ act, echo, act16, echo16 }: SocketTimes): Figures {
  return {
    webSocketActP50Ms: quantile(act, 0.5),
    webSocketActP99Ms: quantile(act, 0.99),
    webSocketEchoP50Ms: quantile(echo, 0.5),
    webSocket16ClientsP50Ms: quantile(act16, 0.5),
    webSocketEcho16ClientsP50Ms: quantile(echo16, 0.5),
  };
}

function quantile(values: number[], share: number): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
