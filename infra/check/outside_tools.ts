/**
 * Programs that know more than a schema does. They are used where they are installed; with CUGRO_REQUIRE=all they are
 * built once and kept, and a check may not be left out.
 * @module
 */
import process from "node:process";
import { buildGoProgram, findGoProgram, type GoProgram } from "../../scripts/setup/go_programs.ts";

/** A program of {@link findTool}. */
export type Tool = Extract<GoProgram, "kustomize" | "compose-go">;

/** Path of a program; undefined where it is missing and not required. @throws {Error} if it is required and cannot be built. */
export async function findTool(tool: Tool): Promise<string | undefined> {
  const found = findGoProgram(tool);
  if (found || process.env.CUGRO_REQUIRE !== "all") return found;
  return await buildGoProgram(tool, { report: console.error });
}
