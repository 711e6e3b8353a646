/**
 * Configuration from the environment. Everything is checked at once, and every fault is listed.
 * @module
 */
import { z } from "zod";
import { LOG_LEVELS } from "./log.ts";

const number = (check: z.ZodNumber) =>
  z.string().transform((text) => text.trim() === "" ? NaN : Number(text)).pipe(check);

const environmentSchema = z.object({
  /** Folder of the store. */
  CUGRO_STORE: z.string({ error: "must name the store's folder" }).min(1, "must name the store's folder"),
  /** Tensor backend; by default native where it is installed, else WASM. */
  CUGRO_BACKEND: z.enum(["native", "wasm"]).optional(),
  /** Where the native backend computes; a GPU that is asked for and cannot be used is an error. */
  CUGRO_DEVICE: z.enum(["cpu", "gpu"]).default("cpu"),
  /** Whether whole steps run as one call into the native library. */
  CUGRO_COMPILE: z.enum(["on", "off"]).default("on"),
  /** Longest time between two checkpoints of a training job. */
  CUGRO_CHECKPOINT_SECONDS: number(z.number("must be a number above 0").positive("must be above 0")).default(
    60,
  ),
  /** A checkpoint also after this many steps. */
  CUGRO_CHECKPOINT_STEPS: number(z.int("must be a whole number from 1").min(1, "must be at least 1"))
    .optional(),
  /** Least important events that are logged. */
  CUGRO_LOG: z.enum(LOG_LEVELS).default("info"),
});

/** Names of the variables that {@link readConfig} reads. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

/** A process's configuration. */
export interface Config {
  store: string;
  backend: "native" | "wasm" | undefined;
  device: "cpu" | "gpu";
  compile: boolean;
  checkpointSeconds: number;
  checkpointSteps: number | undefined;
  logLevel: typeof LOG_LEVELS[number];
}

/** The environment does not describe a configuration. The message lists every fault. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * The configuration in these variables. An empty variable counts as not set; others are ignored.
 *
 * @throws {ConfigError} naming each wrong variable, its value, and what it may be.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const set = Object.entries(environment).filter(([name, value]) =>
    name.startsWith("CUGRO_") && value !== ""
  );
  const parsed = environmentSchema.safeParse(Object.fromEntries(set));
  if (!parsed.success) throw new ConfigError(describeFaults(parsed.error, environment));
  const values = parsed.data;
  return {
    store: values.CUGRO_STORE,
    backend: values.CUGRO_BACKEND,
    device: values.CUGRO_DEVICE,
    compile: values.CUGRO_COMPILE === "on",
    checkpointSeconds: values.CUGRO_CHECKPOINT_SECONDS,
    checkpointSteps: values.CUGRO_CHECKPOINT_STEPS,
    logLevel: values.CUGRO_LOG,
  };
}

function describeFaults(error: z.ZodError, environment: Record<string, string | undefined>): string {
  const faults = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const allowed = issue.code === "invalid_value" ? `must be ${issue.values.join(" or ")}` : issue.message;
    const value = environment[name];
    return `  ${name} ${allowed}${
      value === undefined || value === "" ? "" : `: current value is "${value}"`
    }`;
  });
  return `The environment is not a valid configuration:\n${faults.join("\n")}`;
}
