/**
 * The help of `cugro collect`, for all collections or a named one, and the lists of names.
 * @module
 */
import { listFamilies } from "@cugro/environments";
import { META_WORLD_STREAMS, META_WORLD_TASKS } from "@cugro/environments/metaworld";
import { type Command, Help, type Option } from "commander";
import { describeFamilies, describeFamily } from "./collect_goals.ts";
import { describeMetaWorld, META_WORLD_FAMILY, metaWorldAdvice } from "./collect_meta_world_command.ts";
import { printJson } from "../print_output.ts";

/** Options that only robots' tasks have, and that only Meta-World's have. */
const OF_ROBOTS = ["--goals", "--goal", "--policy", "--mix"];
const OF_META_WORLD = ["--tasks"];

/** Those of robots that are simulated here, and Meta-World's tasks, which are in Python. */
export function knownFamilies(): string[] {
  return [...listFamilies().map(({ family }) => family), META_WORLD_FAMILY];
}

/** Gives the command its help: for a named collection, only its own options and names. */
export function withCollectionHelp(command: Command): Command {
  return command.configureHelp({
    commandUsage: (command) => {
      const named = namedIn(command);
      return `cugro collect ${named ?? "<family>"} [options]`;
    },
    commandDescription: function (this: Help, command) {
      return namedIn(command) === META_WORLD_FAMILY
        ? "make datasets of Meta-World's tasks with its experts, in Python: one file a task, task1.hdf5, task2.hdf5 ..."
        : Help.prototype.commandDescription.call(this, command);
    },
    visibleArguments: function (this: Help, command) {
      return namedIn(command) === undefined ? Help.prototype.visibleArguments.call(this, command) : [];
    },
    visibleOptions: function (this: Help, command): Option[] {
      const others = namedIn(command) === META_WORLD_FAMILY ? OF_ROBOTS : OF_META_WORLD;
      const all = Help.prototype.visibleOptions.call(this, command);
      return namedIn(command) === undefined ? all : all.filter(({ long }) => !others.includes(long ?? ""));
    },
  }).addHelpText("after", ({ command }) => `\n${namesOf(namedIn(command))}`);
}

/** The collection named together with `--help`, in either order. */
function namedIn({ args }: Command): string | undefined {
  return args.find((one) => knownFamilies().includes(one));
}

function namesOf(named: string | undefined): string {
  if (named === undefined) return describeFamilies(describeMetaWorld());
  return named === META_WORLD_FAMILY ? metaWorldHelp() : familyHelp(named);
}

function familyHelp(family: string): string {
  return `${describeFamily(listFamilies().find((info) => info.family === family)!)}

Then: cugro run datasets/task1.hdf5 datasets/task2.hdf5 --learner mine`;
}

function metaWorldHelp(): string {
  return `${describeMetaWorld()}

The fifty tasks (also with -v3 at the end):
${columns(META_WORLD_TASKS)}

${metaWorldAdvice()}

Examples:
  cugro collect metaworld --out mw                             the five of cl5, 200 episodes each
  cugro collect metaworld --tasks push,window-close --out mw   two tasks`;
}

/** Names in lines that fit a terminal. */
function columns(names: readonly string[]): string {
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  const each = Math.max(1, Math.floor(96 / width));
  const lines = Array.from(
    { length: Math.ceil(names.length / each) },
    (_, i) => names.slice(i * each, (i + 1) * each),
  );
  return lines.map((line) => `  ${line.map((name) => name.padEnd(width)).join("").trimEnd()}`).join("\n");
}

/** Prints what `--list` asks for: the names of a collection's tasks, a line each, or all families. Nothing runs for it. */
export function printNames(named: string | undefined, json: boolean): void {
  const names = namesToList(named);
  if (json) return printJson(names);
  for (const name of names) console.log(name);
}

function namesToList(named: string | undefined): readonly string[] {
  if (named === undefined) return knownFamilies();
  if (named === META_WORLD_FAMILY) {
    return [...Object.keys(META_WORLD_STREAMS), ...META_WORLD_TASKS.toSorted()];
  }
  return listFamilies().find(({ family }) => family === named)!.goals.map((goal) =>
    goal.map((value) => Number(value.toFixed(3))).join(",")
  );
}
