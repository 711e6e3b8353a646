/**
 * `cugro learner list|create|export|import|delete`: learners as wholes.
 * @module
 */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { presets } from "@cugro/algorithm";
import { createLearner, deleteLearner, exportLearner, importLearner, listLearners } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import type { Command } from "commander";
import { DEFAULT_STORE, openForReading, openForWriting } from "../embedded/session.ts";
import { byteSize } from "@cugro/report";
import * as act from "../remote/act.ts";
import { orRemote } from "../remote/connect.ts";
import * as remote from "../remote/show.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";
import { parsePreset, parseSettings, repeatable } from "./settings.ts";

/** Adds the commands. */
export function registerLearner(program: Command): void {
  const learner = program.command("learner").description("learners as wholes");
  const store = [
    "--store <folder>",
    "folder that holds everything, or s3://bucket/prefix",
    DEFAULT_STORE,
  ] as const;
  const listCommand = learner.command("list").description("names").option(...store)
    .option("--json", "print one JSON document");
  orRemote(listCommand, list, remote.listLearners);
  const createCommand = learner.command("create").description("make a learner that waits for its first task")
    .argument("<name>").option(...store)
    .option("--preset <name>", Object.keys(presets).join(", "), "default")
    .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
    .option("--seed <n>", "seed", wholeNumber("--seed", 0), 0);
  orRemote(createCommand, create, act.createLearner);
  learner.command("export").description("copy a learner and all it needs into an empty folder").argument(
    "<name>",
  ).argument("<folder>").option(...store).action(exportTo);
  learner.command("import").description("bring in a learner that was exported").argument("<name>").argument(
    "<folder>",
  ).option(...store).action(importFrom);
  const deleteCommand = learner.command("delete").description(
    "stop a learner for ever; gc removes its objects",
  ).argument("<name>")
    .option(...store).option("--yes", "do not ask");
  orRemote(deleteCommand, remove, act.deleteLearner);
}

async function list({ store: folder, json }: { store: string; json?: boolean }): Promise<void> {
  const names = await listLearners(await openForReading(folder));
  if (json) return printJson(names);
  for (const name of names) console.log(name);
}

async function create(
  name: string,
  { store: folder, preset, set, seed }: { store: string; preset: string; set: string[]; seed: number },
): Promise<void> {
  const store = await openForWriting(folder);
  try {
    await createLearner({ store, name, seed, preset: parsePreset(preset), overrides: parseSettings(set) });
    console.log(`${name} is made`);
  } finally {
    await store.close();
  }
}

async function exportTo(name: string, folder: string, { store: from }: { store: string }): Promise<void> {
  const present = await readdir(folder).catch(() => []);
  if (present.length > 0) throw new UsageError(`${folder} is not empty; choose an empty or a new folder`);
  const store = await openForReading(from);
  const to = await openFilesystemStore({ root: resolve(folder), lock: true });
  try {
    const { objects, bytes } = await exportLearner({ store, name, to });
    console.log(`${name}: ${objects} objects, ${byteSize(bytes)} in ${folder}`);
  } finally {
    await to.close();
  }
}

async function importFrom(name: string, folder: string, { store: into }: { store: string }): Promise<void> {
  const from = await openForReading(folder);
  const store = await openForWriting(into);
  try {
    const { objects, bytes } = await importLearner({ store, name, from });
    console.log(`${name}: ${objects} objects, ${byteSize(bytes)} into ${into}`);
  } finally {
    await store.close();
  }
}

async function remove(name: string, { store: folder, yes }: { store: string; yes?: boolean }): Promise<void> {
  if (!yes && !confirm(`Delete the learner ${name} for ever?`)) {
    throw new UsageError("Not deleted; --yes answers the question");
  }
  const store = await openForWriting(folder);
  try {
    await deleteLearner({ store, name });
    console.log(
      `${name} is deleted; its name is not used again. cugro gc --store ${folder} --grace-hours 0 removes its objects`,
    );
  } finally {
    await store.close();
  }
}
