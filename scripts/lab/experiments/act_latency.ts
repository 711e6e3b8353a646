/**
 * How long a request to act takes over HTTP, by the way of acting and the number of clients: a gateway on a real socket,
 * networks of the default preset. Clients ask again as soon as they have their answer, from a thread of their own.
 * @module
 */
import { publishExample } from "./example_learner.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedBus } from "@cugro/bus";
import { type WayOfActing, wayOfActingSchema } from "@cugro/protocol";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { openBackend } from "@cugro/tensors";
import { printTable } from "../../cli/terminal_table.ts";
import type { ClientsResult } from "./act_clients.ts";
import { openLocalGateway } from "./local_gateway.ts";
import { runClients } from "./run_clients.ts";

/** As the half cheetah has them. */
const STATE_DIM = 17, ACTION_DIM = 6;
const TASKS = 3;

interface Options {
  acting: string;
  clients: string;
  seconds: number;
  out: string;
}

/** One line of the result; times in ms. */
interface Row {
  acting: WayOfActing;
  clients: number;
  requests: number;
  perSecond: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Requests a call of the policy answered, on average. */
  batch: number;
  /** `GET` of an unrelated route meanwhile. */
  otherP99Ms: number;
}

/**
 * The command.
 *
 * @param options ways, numbers of clients, seconds a run, output
 * @throws {Error} where a client was refused
 */
export async function act({ acting, clients, seconds, out }: Options): Promise<void> {
  const ways = acting.split(",").map((way) => wayOfActingSchema.parse(way));
  const counts = clients.split(",").map(Number);
  if (counts.some((count) => !Number.isInteger(count) || count < 1)) {
    throw new RangeError(
      `--clients must be whole numbers from 1, separated by commas: current value is ${clients}`,
    );
  }
  const { profile } = await openBackend();
  const folder = await mkdtemp(join(tmpdir(), "cugro-act-"));
  const store = await openFilesystemStore({ root: join(folder, "store") });
  const load = [loadavg()[0]!];
  try {
    const rows = await measureAll(store, folder, ways, counts, seconds);
    load.push(loadavg()[0]!);
    const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, load };
    const shape = { stateDim: STATE_DIM, actionDim: ACTION_DIM, tasks: TASKS, preset: "default" };
    const document = { date: new Date().toISOString(), machine, profile, shape, seconds, rows };
    await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
    print(rows);
    console.log(
      `\nload average ${
        load.map((value) => value.toFixed(1)).join(" to ")
      } on ${machine.cores} cores; ${out}`,
    );
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

async function measureAll(
  store: Store,
  folder: string,
  ways: readonly WayOfActing[],
  counts: number[],
  seconds: number,
): Promise<Row[]> {
  for (const way of ways) {
    for (let task = 1; task <= TASKS; task++) {
      console.error(`making version ${task} of ${TASKS} that acts by the ${way}`);
      const shape = { preset: "default" as const, stateDim: STATE_DIM, actionDim: ACTION_DIM };
      await publishExample({ store, name: way, ...shape, ...way === "sampler" ? {} : { acting: [way] } });
    }
  }
  const log = createLog({ level: "warn" });
  const batches: number[] = [];
  const onBatch = ({ requests }: { requests: number }) => void batches.push(requests);
  const bus = createEmbeddedBus({ log });
  const gateway = await openLocalGateway({ store, bus, log, folder, onBatch });
  const rows: Row[] = [];
  try {
    for (const way of ways) {
      await gateway.acting.about(way);
      for (const clients of counts) {
        const task = { url: gateway.url, token: gateway.token, learner: way, clients, stateDim: STATE_DIM };
        await runClients({ ...task, seconds: Math.min(2, seconds) });
        batches.length = 0;
        console.error(`${way}: ${clients} clients for ${seconds} s`);
        rows.push({
          acting: way,
          ...rowOf(clients, seconds, await runClients({ ...task, seconds }), batches),
        });
      }
    }
    return rows;
  } finally {
    await gateway.close();
    await bus.close();
  }
}

function rowOf(
  clients: number,
  seconds: number,
  { act, other }: ClientsResult,
  batches: number[],
): Omit<Row, "acting"> {
  const sorted = act.sort((a, b) => a - b);
  return {
    clients,
    requests: sorted.length,
    perSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p90Ms: quantile(sorted, 0.9),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? NaN,
    batch: batches.reduce((sum, size) => sum + size, 0) / batches.length,
    otherP99Ms: quantile(other.sort((a, b) => a - b), 0.99),
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function print(rows: readonly Row[]): void {
  const head = [
    "acting",
    "clients",
    "requests",
    "per second",
    "p50 ms",
    "p90 ms",
    "p99 ms",
    "max ms",
    "batch",
    "healthz p99 ms",
  ];
  const text = (value: number) => value.toFixed(1);
  printTable(
    head,
    rows.map((row) => [
      row.acting,
      row.clients,
      row.requests,
      ...[row.perSecond, row.p50Ms, row.p90Ms, row.p99Ms, row.maxMs, row.batch, row.otherP99Ms].map(text),
    ]),
  );
}
