/**
 * Makes this clone ready: npm packages, libtensorflow, its binding, a self-test. Does only what is missing; every step is
 * put in place by one rename, so it may be interrupted and started again at any time.
 *
 * `--quiet` prints nothing when all is in order, and then takes about as long as starting Deno.
 * @module
 */
import process from "node:process";
import { inOrder, readStamp, setupKey } from "./setup/plan.ts";

const quiet = Deno.args.includes("--quiet");
const key = setupKey();
const stamp = readStamp();
if (quiet && inOrder(stamp, key)) {
  if (stamp.reason) console.error(stamp.reason);
} else {
  // Named indirectly: a literal would make Deno resolve npm packages before it runs the line above.
  const module = "./setup/install.ts";
  const { install } = await import(module) as typeof import("./setup/install.ts");
  process.exitCode = await install({ key, quiet });
}
