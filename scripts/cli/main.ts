/**
 * `cugro` as a command that was installed (`deno task install`): sets up what is missing, and only then loads what needs it.
 * @module
 */
import { ensureSetup } from "../setup/setup.ts";

try {
  await ensureSetup();
} catch (error) {
  console.error(`cugro: ${(error as Error).message}`);
  Deno.exit(1);
}
// Named indirectly: a literal would make Deno resolve packages before the set-up has installed them.
const module = "./cugro.ts";
const { runCommandLine } = await import(module) as typeof import("./cugro.ts");
Deno.exit(await runCommandLine(Deno.args));
