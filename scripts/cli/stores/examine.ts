/**
 * `cugro doctor --store`: whether a bucket, or a folder's disk, may be a store.
 * @module
 */
import process from "node:process";
import { examineStore, type Finding } from "@cugro/store";
import { storeConfigOf } from "../learners/stores_of_flags.ts";
import { printJson } from "../commands/print_output.ts";

const WORDS: Readonly<Record<Finding["state"], string>> = {
  ok: "ok",
  fault: "FAULT",
  note: "note",
  untried: "",
};

/**
 * Tries a store out, prints what was found, and makes a fault the command's exit code.
 *
 * @param name folder, or `s3://bucket/prefix`
 * @param json prints one JSON document
 */
export async function examineAndPrint(name: string, json: boolean): Promise<void> {
  const findings = await examineStore(storeConfigOf(name), json ? undefined : print);
  const untried = findings.filter(({ state }) => state === "untried").map(({ check }) => check);
  const faults = findings.filter(({ state }) => state === "fault").length;
  if (faults > 0) process.exitCode = 1;
  if (json) return printJson({ store: name, fit: faults === 0, findings });
  if (untried.length > 0) console.log(`not tried: ${untried.join(", ")}`);
  console.log(
    faults === 0
      ? `\n${name} can be a store.`
      : `\n${name} cannot be a store: ${faults} ${faults === 1 ? "fault" : "faults"}.`,
  );
}

function print({ check, state, detail, meaning, advice }: Finding): void {
  if (state === "untried") return;
  console.log(`${WORDS[state].padEnd(9)}${check.padEnd(26)}${detail}`);
  if (meaning !== undefined) console.log(`${"".padEnd(9)}so: ${meaning}`);
  if (advice !== undefined) console.log(`${"".padEnd(9)}-> ${advice}`);
}
