/**
 * PyTorch at the same work, in a process of its own with one thread.
 * @module
 */
import { execFile, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ClockName, Figures } from "./measure.ts";

const OWN_SCRIPT = fileURLToPath(new URL("./torch_yardstick.py", import.meta.url));
const ENVIRONMENT = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** A source of PyTorch's figures. */
export interface Yardstick {
  /** Whether it can measure some figures and not others; if not, it measures all it has. */
  selective: boolean;
  measure(figures: readonly string[]): Promise<Figures>;
  close(): void;
}

/**
 * Opens the yardstick: our own script, or another one that prints one JSON line and takes `--threads` and `--quick`.
 *
 * @param python interpreter with PyTorch
 * @param options the script, and which clock it takes
 * @returns asks it for figures, until it is closed
 */
export async function openYardstick(
  python: string,
  options: { file?: string | undefined; quick: boolean; clock: ClockName },
): Promise<Yardstick> {
  return options.file ? wholeScript(python, options.file, options.quick) : await ownScript(python, options);
}

function wholeScript(python: string, file: string, quick: boolean): Yardstick {
  const commandLine = [file, "--threads", "1", ...(quick ? ["--quick"] : [])];
  return {
    selective: false,
    measure: async () => {
      const { stdout } = await promisify(execFile)(python, commandLine, { env: ENVIRONMENT });
      return numbersOf(stdout.trim().split("\n").at(-1) ?? "");
    },
    close: () => {},
  };
}

async function ownScript(
  python: string,
  { quick, clock }: { quick: boolean; clock: ClockName },
): Promise<Yardstick> {
  const commandLine = [
    OWN_SCRIPT,
    "--serve",
    "--threads",
    "1",
    "--clock",
    clock,
    ...(quick ? ["--quick"] : []),
  ];
  const child = spawn(python, commandLine, {
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The yardstick has ended: ${python} ${OWN_SCRIPT}`);
    return numbersOf(value);
  };
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  await answer();
  return {
    selective: true,
    measure: async (figures) => {
      if (figures.length === 0) return {};
      child.stdin.write(`${figures.join(",")}\n`);
      return await answer();
    },
    close: () => child.stdin.end(),
  };
}

function numbersOf(json: string): Figures {
  const found: Record<string, unknown> = JSON.parse(json);
  const numbers = Object.entries(found).filter(([name, value]) =>
    typeof value === "number" && name !== "threads"
  );
  return Object.fromEntries(numbers) as Figures;
}
