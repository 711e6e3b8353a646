/**
 * `cugro verify`: jobs of a version executed again on this machine, their bytes compared.
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openTensors } from "@cugro/jobs";
import { datasetHash, encodeDataset } from "@cugro/datasets";
import { datasetKey } from "@cugro/protocol";
import { readJudged } from "../commands/judged_file.ts";
import { readConfig } from "@cugro/process/config";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import {
  layeredStore,
  statementOf,
  type Verification,
  type VerifiedJob,
  verifyVersion,
} from "@cugro/verification";
import type { Command } from "commander";
import { loadHandlers } from "../../../services/handlers.ts";
import { startConfiguredPython } from "../../../services/start_python.ts";
import { printJson, UsageError } from "../commands/print_output.ts";
import { type PythonFlags, usePython, withPythonOptions } from "../commands/python_options.ts";
import { repeatable } from "../commands/knob_options.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import { withSource } from "./with_store.ts";

interface VerifyFlags extends PythonFlags {
  learner: string;
  store: string;
  job: string[];
  file: string[];
  out?: string;
  json?: boolean;
}

/** Adds the command. */
export function registerVerify(program: Command): void {
  const command = withPythonOptions(program.command("verify"))
    .argument("<version>").requiredOption("--learner <name>", "learner that has the version")
    .addOption(
      repeatable(
        "--job <id or kind>",
        "only jobs of this kind, or whose id begins with this; may be repeated",
      ),
    )
    .addOption(
      repeatable(
        "--file <file>",
        "a task's file, where the store no longer has its dataset; may be repeated",
      ),
    )
    .option("--out <file>", "write the result as an in-toto statement")
    .option(...STORE_FLAG).option("--json", "print the statement")
    .action(verify);
  onlyOnStore(command, "name its store with --store, or copy the learner here with cugro pull");
}

async function verify(version: string, flags: VerifyFlags): Promise<void> {
  usePython(flags);
  const number = Number(version);
  if (!(Number.isInteger(number) && number >= 1)) {
    throw new UsageError(`A version is a whole number of at least 1: current value is ${version}`);
  }
  const verification = await withSource(flags.store, (store) => executeAgain(store, number, flags));
  const statement = statementOf(verification, new Date().toISOString());
  if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify(statement, null, 2)}\n`);
  if (verification.result === "FAILED") process.exitCode = 1;
  if (flags.json) return printJson(statement);
  console.log(summaryOf(verification));
  if (flags.out !== undefined) console.error(`The statement is in ${flags.out}`);
}

async function executeAgain(
  lower: Store,
  version: number,
  { learner, job, file, json }: VerifyFlags,
): Promise<Verification> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-verify-"));
  const upper = await openFilesystemStore({ root: folder });
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Error("stopped"));
  process.on("SIGINT", onSignal);
  const log = createLog({ level: "warn" });
  const config = readConfig({ ...process.env, CUGRO_STORE: folder, CUGRO_NATS: "" });
  const python = startConfiguredPython(config);
  try {
    for (const path of file) await addDataset(upper, path);
    const { profile, compile } = await openTensors(config, log);
    const createHandlers = await loadHandlers();
    return await verifyVersion({
      ...{ store: layeredStore(upper, lower), learner, version, wanted: job, profile, signal: stop.signal },
      handlers: createHandlers({ compile, config, prepared: python }),
      onJob: ({ kind }, id) => console.error(`${kind} ${id.slice(0, 12)} is executed`),
      onVerified: (one) => json || console.log(lineOf(one)),
    });
  } finally {
    process.off("SIGINT", onSignal);
    await python?.stop();
    await upper.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A dataset is known by the hash of what is in it: whatever file it comes from. */
async function addDataset(upper: Store, path: string): Promise<void> {
  const { dataset } = await readJudged(path);
  await upper.put(datasetKey(datasetHash(dataset)), encodeDataset(dataset));
}

function lineOf({ id, kind, verdict, reason, differing, executed }: VerifiedJob): string {
  const others = [...differing.outputs, ...differing.metrics];
  const what = others.length > 0 ? `: ${others.join(", ")}` : "";
  const seconds = executed ? ` (${executed.seconds.toFixed(1)} s)` : "";
  return `${verdict.padEnd(14)}${(kind ?? "?").padEnd(17)}${id.slice(0, 12)}${what}${seconds}${
    reason ? ` ${reason}` : ""
  }`;
}

function summaryOf({ learner, version, jobs, row, result }: Verification): string {
  const same = jobs.filter(({ verdict }) => verdict === "same").length;
  const words = {
    PASSED: "all of them",
    FAILED: "bytes, metrics or the row differ where backend and revision are the same",
    INCOMPLETE: "nothing speaks against the others, but they could not be compared",
  };
  const cells = row.flatMap(({ task, verdict, differing, reason }) =>
    verdict === "same" ? [] : [`\ntask ${task} of its row ${verdict}: ${reason ?? differing.join(", ")}`]
  );
  return `${learner} version ${version}: ${same} of ${jobs.length} jobs gave the same bytes; ${
    words[result]
  }${cells.join("")}`;
}
