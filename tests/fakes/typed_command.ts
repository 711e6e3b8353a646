/**
 * A command line as a person types it.
 * @module
 */
import { runCommandLine } from "../../scripts/cli/cugro.ts";

/**
 * Runs a command line in this process.
 *
 * @returns what it printed on stdout and stderr, and its exit code
 */
export async function typed(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const { error, log } = console;
  console.error = console.log = (text: unknown) => void lines.push(String(text));
  try {
    return { code: await runCommandLine(args), text: lines.join("\n") };
  } finally {
    Object.assign(console, { error, log });
    // A command that found faults sets it; the test's own is another matter.
    Deno.exitCode = 0;
  }
}
