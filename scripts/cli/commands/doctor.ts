/**
 * `cugro doctor`: what this machine computes with, and what is missing.
 * @module
 */
import type { Command } from "commander";
import { doctor, printDoctor } from "../../setup/doctor.ts";
import { printJson } from "./output.ts";

/** Adds the command. */
export function registerDoctor(program: Command): void {
  program.command("doctor")
    .description("backend, device, threads, versions, and what is missing")
    .option("--json", "print one JSON document")
    .action(async ({ json }: { json?: boolean }) => {
      const report = await doctor();
      if (json) printJson(report);
      else printDoctor(report);
    });
}
