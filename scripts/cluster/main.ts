/**
 * `deno task cluster`: NATS, an S3 server and all services on this machine, until Ctrl-C.
 * @module
 */
import process from "node:process";
import { createLearner, learnerExists } from "@cugro/learners";
import { returnToCaller } from "../cli/learners/invocation.ts";
import { type Cluster, openClusterStore, startCluster } from "./cluster.ts";
import { logOfCluster } from "./cluster_log.ts";
import { parseCommand, type WantedLearner } from "./cluster_options.ts";
import { openOutput, type Output, printOnTerminal } from "./cluster_output.ts";
import { announceClusterProblems } from "./cluster_problems.ts";
import { summaryOf } from "./cluster_summary.ts";

async function main(): Promise<void> {
  const { cluster: options, learner, quiet, log } = parseCommand(process.argv.slice(2));
  const output = openOutput({ quiet, log, kept: logOfCluster(options.folder) });
  const signal = onSignals(output);
  try {
    const onLine = output.line;
    const cluster = await startCluster({ ...options, signal, onLine, onEvent: output.event });
    try {
      if (learner !== undefined) await makeLearner(cluster, learner);
      console.log(summaryOf(cluster, learner?.name));
      void announceClusterProblems(cluster, { report: output.event, signal });
      await untilOver(cluster, signal, output);
    } finally {
      await cluster.stop();
    }
  } finally {
    output.close();
  }
}

/**
 * Until Ctrl-C.
 *
 * @throws {Error} if a server cannot be kept running
 */
async function untilOver({ failure }: Cluster, signal: AbortSignal, output: Output): Promise<void> {
  if (signal.aborted) return;
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const error = await Promise.race([failure, stopped]);
  if (error === undefined) return;
  output.event("a server cannot be kept running: stopping");
  throw error;
}

/** Aborted by the first Ctrl-C; the ones after it change nothing. */
function onSignals(output: Output): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const sentence = stop.signal.aborted
        ? "still stopping; this takes up to a minute"
        : "stopping: every running job writes a checkpoint";
      output.event(sentence);
      // Ctrl-C has also ended what this is piped into.
      if (name === "SIGINT") printOnTerminal(sentence);
      stop.abort();
    });
  }
  return stop.signal;
}

async function makeLearner(cluster: Cluster, { name, ...settings }: WantedLearner): Promise<void> {
  const store = await openClusterStore(cluster);
  try {
    if (await learnerExists(store, name)) return;
    await createLearner({ store, name, ...settings });
  } finally {
    await store.close();
  }
}

if (import.meta.main) {
  try {
    returnToCaller();
    await main();
  } catch (error) {
    const isDebugged = process.env.CUGRO_LOG === "debug" && error instanceof Error;
    console.error(isDebugged ? error.stack : error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
