/**
 * The process of this service: plans for every learner in one folder (`CUGRO_STORE`), with one process of each
 * compute service, until SIGTERM.
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  createEmbeddedBus,
  createLog,
  openFilesystemStore,
  readConfig,
  startWorkerPool,
} from "@cugro/platform";
import { runCoordinator } from "./mod.ts";

const config = readConfig(process.env);
const log = createLog({ level: config.logLevel });
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
const store = await openFilesystemStore({ root: config.store });
const bus = createEmbeddedBus({ log });
const compute = [
  "dataset-import",
  "state-generation",
  "behavior-generation",
  "critic-training",
  "policy-evaluation",
];
const programs = compute.map((name) => fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url)));
const pools = programs.map((program) =>
  startWorkerPool({ bus, command: Deno.execPath(), args: ["run", "-A", program], count: 1, log })
);
const seams = { store, bus, signal: stop.signal };
await runCoordinator({
  ...seams,
  onChange: ({ plan }) => plan.problems.forEach((problem) => log.warn(problem)),
  onError: (learner, error) => log.error("learner cannot be planned", { learner, error }),
});
for (const opened of [...pools, bus, store]) await opened.close();
