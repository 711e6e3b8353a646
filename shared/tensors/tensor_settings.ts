/**
 * The variables of the environment that concern the tensor library. Nothing else reads them, so that each means the same
 * everywhere. Imports no package: the set-up runs this before any is installed.
 * @module
 */
import process from "node:process";

/** The two implementations of the tensor backend. */
export type BackendName = "native" | "wasm";

/** Where the native backend computes. */
export type DeviceName = "cpu" | "gpu";

/** One variable of the environment. */
export interface Setting<T> {
  variable: string;
  /** What it may be, in words: "must be ...". */
  allowed: string;
  /** What a value means, in upper or lower case; undefined if it is none of those allowed. */
  parse(text: string): T | undefined;
}

/** All variables that the tensor library has; `README.md` says what each is without them. */
export const tensorSettings: {
  backend: Setting<BackendName>;
  device: Setting<DeviceName>;
  compile: Setting<boolean>;
  nativeLog: Setting<boolean>;
} = {
  backend: choice("CUGRO_BACKEND", ["native", "wasm"]),
  device: choice("CUGRO_DEVICE", ["cpu", "gpu"]),
  compile: onOrOff("CUGRO_COMPILE"),
  nativeLog: onOrOff("CUGRO_NATIVE_LOG"),
};

/**
 * The value of a setting; undefined where its variable is not set, or empty.
 *
 * @param setting its variable, and what it may be
 * @param environment variables by name
 * @returns the parsed value
 * @throws {RangeError} naming the variable, what it may be and what it is.
 */
export function readSetting<T>(
  { variable, allowed, parse }: Setting<T>,
  environment: Record<string, string | undefined> = process.env,
): T | undefined {
  const text = environment[variable];
  if (text === undefined || text === "") return undefined;
  const value = parse(text);
  if (value === undefined) {
    throw new RangeError(`Cannot use ${variable} as it ${allowed}: current value is "${text}"`);
  }
  return value;
}

function choice<T extends string>(variable: string, values: readonly T[]): Setting<T> {
  return {
    variable,
    allowed: `must be ${values.join(" or ")}`,
    parse: (text) => values.find((value) => value === text.toLowerCase()),
  };
}

const ON = ["on", "1", "true", "yes"];
const OFF = ["off", "0", "false", "no"];

function onOrOff(variable: string): Setting<boolean> {
  return {
    variable,
    allowed: "must be on or off (or 1, true, yes, 0, false, no)",
    parse: (text) => {
      const word = text.toLowerCase();
      if (ON.includes(word)) return true;
      return OFF.includes(word) ? false : undefined;
    },
  };
}
