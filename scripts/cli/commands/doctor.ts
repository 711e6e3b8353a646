/**
 * `cugro doctor`: what this machine computes with, and what is missing.
 * @module
 */
import type { Command } from "commander";
import { doctor, printDoctor } from "../../setup/doctor.ts";
import { printJson } from "./output.ts";
import { checkPython } from "../embedded/python.ts";
import { type PythonFlags, usePython, withPythonOptions } from "./python_options.ts";

/** Adds the command. */
export function registerDoctor(program: Command): void {
  withPythonOptions(program.command("doctor"))
    .description("check this machine: backend, device, threads, versions, and what is missing")
    .option("--json", "print one JSON document")
    .action(async ({ json, ...flags }: { json?: boolean } & PythonFlags) => {
      usePython(flags);
      const report = await doctor(() => checkPython());
      if (json) printJson(report);
      else printDoctor(report);
    });
}
