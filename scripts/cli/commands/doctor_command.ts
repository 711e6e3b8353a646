/**
 * `cugro doctor`: what this machine computes with, and what is missing.
 * @module
 */
import type { Command } from "commander";
import { doctor, printDoctor } from "../../setup/examine_machine.ts";
import { examineAndPrint } from "../stores/examine.ts";
import { printJson } from "./print_output.ts";
import { checkPython } from "../embedded/choose_python.ts";
import { type PythonFlags, usePython, withPythonOptions } from "./python_options.ts";

/** Adds the command. */
export function registerDoctor(program: Command): void {
  withPythonOptions(program.command("doctor"))
    .option(
      "--store <store>",
      "check a bucket (s3://bucket/prefix) or a folder's disk instead of this machine",
    )
    .option("--json", "print one JSON document")
    .action(async ({ json = false, store, ...flags }: { json?: boolean; store?: string } & PythonFlags) => {
      if (store !== undefined) return await examineAndPrint(store, json);
      usePython(flags);
      const report = await doctor(() => checkPython());
      if (json) printJson(report);
      else printDoctor(report);
    });
}
