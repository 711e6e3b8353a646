/**
 * Acting over HTTP, NATS and WebSockets by an actor, by a proposer, and by a policy that answers at once, which is the way
 * there and back; beside an answer of bare Hono and bare echoes over NATS and WebSockets, in turns. What a decision takes are
 * the groups `acting` and `inference`. Always wall time; clients ask again as soon as they have their answer, from a thread of their own.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Hono } from "hono";
import { openNatsBus } from "@cugro/bus";
import { actOverNats } from "@cugro/client";
import { actOnNats } from "@cugro/gateway/acting";
import type { OpenPolicy } from "@cugro/serving";
import { openFilesystemStore } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { openBackend } from "@cugro/tensors";
import { startNats } from "../../cluster/servers.ts";
import { publishExample } from "../experiments/example_learner.ts";
import { type LocalGateway, openLocalGateway } from "../experiments/local_gateway.ts";
import type { ClientsResult } from "../experiments/act_clients.ts";
import { runClients } from "../experiments/run_clients.ts";
import type { Figures, Group } from "./measure.ts";
import { openEcho, overSockets } from "./serving_sockets.ts";
import { throughputsInTurns } from "./serving_turns.ts";

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

/** Who acts: by a policy that answers at once, and by networks of the default sizes. */
const LEARNERS = ["instant", "actor", "proposer"] as const;
type Learner = typeof LEARNERS[number];

/** The group `serving`. Figures end in who acts. */
export const serving: Group = {
  name: "serving",
  yardstick: [],
  open: async ({ quick }) => {
    const folder = await mkdtemp(join(tmpdir(), "cugro-bench-"));
    const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
    const { gateways, robot } = await openGateways(folder, closing);
    const bare = openBare(closing), echo = await openEcho(closing);
    const seconds = quick ? 1 : 4;
    const ask = (learner: Learner, clients: number, rows = 1) => {
      const task = { ...addressOf(gateways[learner]), learner, clients, rows, stateDim: STATE_DIM };
      return runClients({ ...task, seconds, visit: false });
    };
    for (const learner of LEARNERS) await ask(learner, 16);
    return {
      measure: async () => ({
        ...await overHttp(ask, seconds),
        ...await throughputsInTurns({
          asked: Object.fromEntries(
            LEARNERS.map((learner) => [nameOf(learner), { ...addressOf(gateways[learner]), learner }]),
          ),
          bare: { url: bare, token: "none", learner: "instant" },
          ...{ clients: 64, stateDim: STATE_DIM },
          ...quick ? { turns: 6, seconds: 0.5 } : { turns: 8, seconds: 1 },
        }),
        ...await overNats(robot, quick ? 500 : 3_000),
        ...await onSockets(gateways, { echo, seconds, stateDim: STATE_DIM }),
      }),
      close: async () => {
        for (const close of closing.reverse()) await close();
      },
    };
  },
};

type Ask = (learner: Learner, clients: number, rows?: number) => Promise<ClientsResult>;

function nameOf(learner: Learner): string {
  return learner[0]!.toUpperCase() + learner.slice(1);
}

function addressOf({ url, token }: LocalGateway) {
  return { url, token };
}

async function overHttp(ask: Ask, seconds: number): Promise<Figures> {
  const figures: Figures = {};
  for (const learner of LEARNERS) {
    const name = nameOf(learner);
    const one = await ask(learner, 1), sixteen = await ask(learner, 16);
    const rows = await ask(learner, 16, 64);
    figures[`gatewayOneClientP50Ms${name}`] = quantile(one.act, 0.5);
    figures[`gateway16ClientsP99Ms${name}`] = quantile(sixteen.act, 0.99);
    figures[`decisionsPerSecond64Rows${name}`] = 64 * rows.act.length / seconds;
  }
  return figures;
}

async function openGateways(folder: string, closing: (() => Promise<unknown>)[]) {
  await openBackend();
  const store = await openFilesystemStore({ root: join(folder, "store") });
  for (let task = 1; task <= 3; task++) {
    const shape = { store, stateDim: STATE_DIM, actionDim: ACTION_DIM };
    await publishExample({ ...shape, name: "instant" });
    for (const way of ["actor", "proposer"] as const) {
      await publishExample({ ...shape, name: way, preset: "default", acting: [way] });
    }
  }
  const nats = await startNats({ folder: join(folder, "nats") });
  const bus = await openNatsBus({ servers: [nats.url], name: "gateway", log });
  closing.push(() => store.close(), () => nats.stop(), () => bus.close());
  const shared = { store, bus, log };
  const real = await openLocalGateway({ ...shared, folder: join(folder, "real") });
  const instant = await openLocalGateway({ ...shared, folder: join(folder, "instant"), openPolicy });
  const gateways = { instant, actor: real, proposer: real };
  await actOnNats(bus, (about) => (about.learner === "instant" ? instant : real).messages(about));
  const { robot, echoing } = await connectToNats(nats.url);
  for (const learner of LEARNERS) await gateways[learner].acting.about(learner);
  closing.push(() => real.close(), () => instant.close(), () => robot.close(), () => echoing.close());
  return { gateways, robot };
}

/** A client, and a bare echo. */
async function connectToNats(servers: string) {
  const robot = await connect({ servers }), echoing = await connect({ servers });
  echoing.subscribe("echo", { callback: (_error, message) => void message.respond(message.data) });
  await echoing.flush();
  return { robot, echoing };
}

/**
 * Hono as it comes, which reads a body and answers with as much.
 *
 * @returns its URL
 */
function openBare(closing: (() => Promise<unknown>)[]): string {
  const app = new Hono();
  app.post("/v1/learners/instant/act", async (context) => {
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
  const requests: Record<string, () => Promise<unknown>> = {
    natsEchoP50Ms: () => robot.request("echo", JSON.stringify(request)),
    natsActP50MsInstant: () => actOverNats(robot, "instant", request),
    natsActP50MsActor: () => actOverNats(robot, "actor", request),
    natsActP50MsProposer: () => actOverNats(robot, "proposer", request),
  };
  const times = Object.keys(requests).map((name) => [name, [] as number[]] as const);
  for (let i = -100; i < count; i++) {
    for (const [name, own] of times) {
      const began = performance.now();
      await requests[name]!();
      if (i >= 0) own.push(performance.now() - began);
    }
  }
  return Object.fromEntries(times.map(([name, own]) => [name, quantile(own, 0.5)]));
}

/** By an actor, and by a policy that answers at once. */
async function onSockets(
  gateways: Record<Learner, LocalGateway>,
  task: { echo: string; seconds: number; stateDim: number },
): Promise<Figures> {
  const figures: Figures = {};
  for (const [learner, name] of [["instant", "Instant"], ["actor", "Actor"]] as const) {
    const { url, token } = gateways[learner];
    const { act, echo, act16, echo16 } = await overSockets({ url, token, learner, ...task });
    figures[`webSocketActP50Ms${name}`] = quantile(act, 0.5);
    figures[`webSocketActP99Ms${name}`] = quantile(act, 0.99);
    figures[`webSocketEchoP50Ms${name}`] = quantile(echo, 0.5);
    figures[`webSocket16ClientsP50Ms${name}`] = quantile(act16, 0.5);
    figures[`webSocketEcho16ClientsP50Ms${name}`] = quantile(echo16, 0.5);
  }
  return figures;
}

function quantile(values: number[], share: number): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
