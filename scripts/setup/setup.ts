/**
 * Makes this clone ready: npm packages, the dashboard, libtensorflow, its binding, a self-test. Does only what is missing; every step is
 * put in place by one rename, so it may be interrupted and started again at any time.
 *
 * `--quiet` prints nothing when all is in order, and then takes about as long as starting Deno.
 * `--export` also installs onnxruntime, with which `cugro export` checks what it writes.
 * `--without-gpu` tests a library made for a GPU on the processor: for machines that build images and have none.
 * @module
 */
import { isDashboardInOrder, makeDashboard } from "./dashboard.ts";
import { inOrder, readStamp, setupKey } from "./setup_plan.ts";

/**
 * Sets up what is missing.
 *
 * @param options.quiet print nothing when all is in order (default); otherwise check everything again and say how it is.
 * @param options.withoutGpu the self-test runs on the processor also where a GPU is asked for.
 * @throws {Error} when nothing can run on this machine, not even the WASM fallback.
 */
export async function ensureSetup(
  { quiet = true, withoutGpu = false }: { quiet?: boolean; withoutGpu?: boolean } = {},
): Promise<void> {
  const key = setupKey();
  const stamp = readStamp();
  if (quiet && inOrder(stamp, key)) {
    if (stamp?.reason) console.error(stamp.reason);
    if (!isDashboardInOrder()) await makeDashboard();
    return;
  }
  // Named indirectly: a literal would make Deno resolve npm packages before it runs the line above.
  const module = "./install.ts";
  const { install } = await import(module) as typeof import("./install.ts");
  await install({ key, quiet, withoutGpu });
}

const FLAGS = ["--quiet", "--without-gpu", "--export"];

if (import.meta.main) {
  try {
    const unknown = Deno.args.find((argument) => !FLAGS.includes(argument));
    if (unknown) throw new RangeError(`there is no option ${unknown}, only ${FLAGS.join(", ")}`);
    const [quiet, withoutGpu] = ["--quiet", "--without-gpu"].map((flag) => Deno.args.includes(flag));
    await ensureSetup({ quiet: quiet!, withoutGpu: withoutGpu! });
    if (Deno.args.includes("--export")) {
      const { installOnnxRuntime } = await import("./onnxruntime.ts");
      await installOnnxRuntime((line) => console.error(line));
      console.error("Set-up: onnxruntime ready, cugro export can be used");
    }
  } catch (error) {
    console.error(`Set-up failed: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
