/**
 * `deno task bench`: our figures, PyTorch's to the same work beside them, and whether the targets are met.
 * See bench/README.md.
 * @module
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { openCompute } from "@cugro/tensors";
import { eager } from "@cugro/tensors/seam";
import { acting } from "./bench/acting_speed.ts";
import { bus } from "./bench/bus_speed.ts";
import { environments } from "./bench/simulation_speed.ts";
import { gymnasium } from "./bench/gymnasium_speed.ts";
import { fidelity } from "./bench/fidelity_by_evaluations.ts";
import { behavior, sampling } from "./bench/generators.ts";
import { imports } from "./bench/imports.ts";
import { inference } from "./bench/inference.ts";
import { jobs } from "./bench/job_overhead.ts";
import {
  type ClockName,
  clocks,
  type Figures,
  type Group,
  mediansOf,
  type Settings,
} from "./bench/measure.ts";
import { platform } from "./bench/platform.ts";
import { serving } from "./bench/serving.ts";
import { residual } from "./bench/residual.ts";
import { type BenchResult, judge, printTables } from "./bench/targets.ts";
import { openYardstick, type Yardstick } from "./bench/yardstick.ts";

const GROUPS: readonly Group[] = [
  residual,
  behavior,
  sampling,
  acting,
  inference,
  serving,
  fidelity,
  environments,
  gymnasium,
  platform,
  bus,
  jobs,
  imports,
];
const HELP =
  `deno task bench [--torch PYTHON] [--yardstick FILE] [--json FILE] [--quick] [--only GROUPS] [--rounds N] [--clock C]
                [--gigabytes N] [--dataset FILE]

  --torch PYTHON    a Python that can import torch: its figures are taken in turns with ours, one thread each
  --yardstick FILE  another script for it; it prints one JSON line of figures
  --json FILE       where the figures go (default bench-<date>.json)
  --quick           shorter and less exact
  --only GROUPS     some of ${GROUPS.map(({ name }) => name).join(", ")}
  --rounds N        turns each (default 2)
  --clock C         wall, or cpu: computing time of the process, for a busy machine (default wall)
  --gigabytes N     imports: judges a file of N GB as well, made in the temporary folder and removed
  --dataset FILE    imports: judges this file as well; may be given several times`;

interface Options {
  torch?: string | undefined;
  yardstick?: string | undefined;
  json: string;
  quick: boolean;
  groups: readonly Group[];
  rounds: number;
  clock: ClockName;
  imports: { files: readonly string[]; gigabytes: number };
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      torch: { type: "string" },
      yardstick: { type: "string" },
      json: { type: "string", default: `bench-${new Date().toISOString().slice(0, 10)}.json` },
      quick: { type: "boolean", default: false },
      only: { type: "string", default: GROUPS.map(({ name }) => name).join(",") },
      rounds: { type: "string", default: "2" },
      clock: { type: "string", default: "wall" },
      gigabytes: { type: "string", default: "0" },
      dataset: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const wanted = values.only.split(",");
  const unknown = wanted.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0) throw new RangeError(`Unknown group ${unknown.join(", ")}\n\n${HELP}`);
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError("--rounds must be a whole number from 1");
  }
  const { clock } = values;
  if (clock !== "wall" && clock !== "cpu") {
    throw new RangeError(`--clock must be wall or cpu: current value is ${clock}`);
  }
  const gigabytes = Number(values.gigabytes);
  if (!(gigabytes >= 0 && gigabytes <= 1000)) {
    throw new RangeError(`--gigabytes must be a number from 0 to 1000: current value is ${values.gigabytes}`);
  }
  return {
    ...values,
    clock,
    rounds,
    imports: { files: values.dataset, gigabytes },
    groups: GROUPS.filter(({ name }) => wanted.includes(name)),
  };
}

/** Ours, PyTorch, ours, PyTorch, ...: group by group, or all groups in turns where the yardstick cannot be asked in parts. */
async function measureAll(options: Options, settings: Settings, yardstick?: Yardstick): Promise<BenchResult> {
  const rounds: { ours: Figures[]; torch: Figures[] } = { ours: [], torch: [] };
  const parts = yardstick?.selective === false ? [options.groups] : options.groups.map((group) => [group]);
  for (const groups of parts) {
    const opened = [];
    for (const group of groups) opened.push(await group.open(settings));
    const wanted = groups.flatMap((group) => group.yardstick);
    for (let round = 1; round <= options.rounds; round++) {
      console.error(`${groups.map(({ name }) => name).join(", ")}: round ${round} of ${options.rounds}`);
      for (const group of opened) rounds.ours.push(await group.measure());
      if (yardstick) rounds.torch.push(await yardstick.measure(wanted));
    }
    for (const group of opened) await group.close();
  }
  return { ours: mediansOf(rounds.ours), torch: mediansOf(rounds.torch) };
}

async function main(options: Options): Promise<void> {
  const { profile, compile: compiled } = await openCompute();
  const { quick, clock } = options;
  const settings = {
    compile: { compiled, eager },
    repeats: quick ? 6 : 12,
    quick,
    clock: clocks[clock],
    imports: options.imports,
  };
  const yardstick = options.torch
    ? await openYardstick(options.torch, { file: options.yardstick, quick, clock })
    : undefined;
  const load = [loadavg()[0]!];
  try {
    const result = await measureAll(options, settings, yardstick);
    load.push(loadavg()[0]!);
    const verdicts = judge(result);
    const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, load };
    const document = {
      date: new Date().toISOString(),
      machine,
      profile,
      ...result,
      verdicts,
    };
    await writeFile(options.json, JSON.stringify(document, null, 2) + "\n");
    console.log(printTables(result, verdicts));
    console.log(
      `\n${clock} time, load average ${
        load.map((value) => value.toFixed(1)).join(" to ")
      } on ${machine.cores} cores; ${options.json}`,
    );
  } finally {
    yardstick?.close();
  }
}

/** The options, or what is wrong with them in one sentence. */
function optionsOrExit(args: string[]): Options | undefined {
  try {
    return readOptions(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  const options = optionsOrExit(Deno.args);
  if (options) await main(options);
  else console.log(HELP);
}
