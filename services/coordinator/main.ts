/**
 * The process of this service. In a cluster (`CUGRO_NATS`) it plans for every learner in the store, and others compute.
 * Without one it plans for one folder, with one process of each compute service, until SIGTERM.
 * @module
 */
import { fileURLToPath } from "node:url";
import { createEmbeddedBus, type EmbeddedBus, type NatsBus } from "@cugro/bus";
import { currentGraph } from "@cugro/learners";
import { runService, startWorkerPool } from "@cugro/process";
import { confine } from "../confined_process.ts";
import { COMPUTE_SERVICES, SERVICES } from "../services.ts";
import { createObserver, watchQueues } from "./observe.ts";
import { runCoordinator } from "./run_coordinator.ts";
import { createLogOnce } from "./log_once.ts";
import { sweepRegularly } from "./garbage_loop.ts";

await runService({ name: "coordinator", openBus: (log) => createEmbeddedBus({ log }) }, async (seams) => {
  const { store, bus, log, metrics, signal, config } = seams;
  const observe = createObserver(metrics);
  const once = createLogOnce(log);
  const pools = config.nats ? [] : COMPUTE_SERVICES.map((name) => {
    const program = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
    const own = { CUGRO_STORE: config.store, CUGRO_NATS: "", CUGRO_HTTP_PORT: "" };
    const { args, environment, clear } = confine(SERVICES[name].access, own, name);
    const command = { command: Deno.execPath(), args: [...args, program], environment };
    return { ...startWorkerPool({ bus: bus as EmbeddedBus, ...command, count: 1, log }), clear };
  });
  const aside = [sweepRegularly({ store, log, signal })];
  if (config.nats) aside.push(watchQueues(bus as NatsBus, metrics, signal));
  await runCoordinator({
    store,
    bus,
    signal,
    metrics,
    onChange({ facts, plan }) {
      observe(facts);
      once.planned(facts.learner.name, plan.decide);
      once.learning(facts.learner.name, currentGraph(facts));
      for (const problem of plan.problems) log.debug(problem, { learner: facts.learner.name });
    },
    onError: once.failed,
    onUnknownLearner: (learner, key) =>
      log.warn("a file was dropped for a learner that does not exist", { learner, key }),
  });
  for (const pool of pools) {
    await pool.close();
    pool.clear();
  }
  await Promise.all(aside);
});
