/**
 * `cugro learner list|create|export|import|delete|restore`: learners as wholes.
 * @module
 */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { presets } from "@cugro/algorithm/arrays";
import { GC_GRACE_HOURS } from "@cugro/coordinator";
import { exportLearner, importLearner } from "@cugro/learners";
import { parseKey } from "@cugro/protocol";
import { openFilesystemStore, SERVICE_FOLDER } from "@cugro/store";
import type { Command } from "commander";
import { openForReading, openForWriting } from "../learners/stores_of_flags.ts";
import { byteSize } from "@cugro/report/words";
import { onLearners, onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners } from "../learners/learners.ts";
import { commandLine, learningCommand } from "../learners/place.ts";
import { printJson, UsageError, wholeNumber } from "./print_output.ts";
import { parsePreset, parseSettings, repeatable } from "./knob_options.ts";

const NO_GATEWAY = "copying works between stores: name one with --store, which may be a bucket";

/** Adds the commands. */
export function registerLearner(program: Command): void {
  const learner = program.command("learner");
  const listCommand = learner.command("list").description("list the names of all learners").option(
    ...STORE_FLAG,
  )
    .option("--json", "print one JSON document");
  onLearners(listCommand, list);
  const createCommand = learner.command("create").description("make a learner that waits for its first task")
    .argument("<name>").option(...STORE_FLAG)
    .option("--preset <name>", Object.keys(presets).join(", "), "default")
    .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
    .option("--seed <n>", "seed", wholeNumber("--seed", 0), 0);
  onLearners(createCommand, create);
  const exportCommand = learner.command("export")
    .description("copy a learner and everything it needs into a folder, or continue a copy there")
    .argument("<name>").argument("<folder>").option(...STORE_FLAG).action(exportTo);
  onlyOnStore(exportCommand, NO_GATEWAY);
  const importCommand = learner.command("import").description("bring in a learner that was exported")
    .argument("<name>").argument("<folder>").option(...STORE_FLAG).action(importFrom);
  onlyOnStore(importCommand, NO_GATEWAY);
  const deleteCommand = learner.command("delete")
    .description("stop a learner; until garbage collection it can be restored")
    .argument("<name>").option(...STORE_FLAG).option("--yes", "do not ask");
  onLearners(deleteCommand, remove);
  const restoreCommand = learner.command("restore").description("bring a deleted learner back")
    .argument("<name>").option(...STORE_FLAG);
  onLearners(restoreCommand, restore);
}

async function list(learners: Learners, { json }: { json?: boolean }): Promise<void> {
  const names = await learners.list();
  if (json) return printJson(names);
  for (const name of names) console.log(name);
}

async function create(
  learners: Learners,
  name: string,
  { preset, set, seed }: { preset: string; set: string[]; seed: number },
): Promise<void> {
  await learners.create({ name, seed, preset: parsePreset(preset), overrides: parseSettings(set) });
  console.log(`${name} is made`);
}

async function exportTo(name: string, folder: string, { store: from }: { store: string }): Promise<void> {
  const present: string[] = await readdir(folder).catch(() => []);
  if (present.length > 0 && !present.includes(SERVICE_FOLDER)) throw occupied(folder, present[0]!);
  const store = await openForReading(from);
  const strange: string[] = [];
  const onStrangeFile = (path: string) => void strange.push(path);
  const to = await openFilesystemStore({ root: resolve(folder), lock: true, onStrangeFile });
  try {
    // A copy that was interrupted, or made earlier, is continued.
    const other = (await to.list("")).find(({ key }) => !mayBeOf(name, key))?.key ?? strange[0];
    if (other !== undefined) throw occupied(folder, other);
    const { objects, bytes } = await exportLearner({ store, name, to });
    console.log(`${name}: ${objects} objects, ${byteSize(bytes)} in ${folder}`);
  } finally {
    await to.close();
  }
}

function occupied(folder: string, what: string): UsageError {
  return new UsageError(`${folder} is not empty (${what}): choose an empty or a new folder`);
}

/** Whether an object may be part of a learner's copy: its own facts and files, and what learners may share. */
function mayBeOf(name: string, key: string): boolean {
  const parsed = parseKey(key);
  if (parsed === undefined) return false;
  if (parsed.kind === "announced") return mayBeOf(name, parsed.event);
  if ("webhook" in parsed) return false;
  return !("learner" in parsed) || parsed.learner === name;
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

async function remove(learners: Learners, name: string, { yes }: { yes?: boolean }): Promise<void> {
  const { kind, name: where } = learners.place;
  const at = kind === "gateway" ? ` at ${where}` : "";
  if (!yes && !confirm(`Delete the learner ${name}${at}?`)) {
    throw new UsageError("Not deleted; --yes answers the question");
  }
  await learners.delete(name);
  const until = new Date(Date.now() + GC_GRACE_HOURS * 3_600_000).toISOString().slice(0, 16);
  console.log(
    `${name} is deleted. Until garbage collection, after ${until}Z, it comes back with: ` +
      `${commandLine(learners.place, `learner restore ${name}`)}; its name is not used again`,
  );
  if (kind !== "gateway") {
    console.log(`${commandLine(learners.place, "gc --grace-hours 0")} removes its objects at once`);
  }
}

async function restore(learners: Learners, name: string): Promise<void> {
  await learners.restore(name);
  const next = learningCommand(learners.place, name);
  console.log(
    `${name} is restored${next === undefined ? "" : `; ${next} resumes its work`}`,
  );
}
