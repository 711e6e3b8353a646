/**
 * n copies of a Gymnasium environment in Python that step together.
 * @module
 */
import { faultOfGymnasium, type GymnasiumSpec, MOST_GYMNASIUM_STEPS } from "@cugro/protocol";
import { errorOfFault, GymnasiumFault } from "./gymnasium_faults.ts";
import type { PythonProcess } from "./python_process.ts";

/** The operator's settings and permissions. */
export interface GymnasiumRules {
  /** Imported before an environment is made; what is registered by then may be run. */
  packages: readonly string[];
  /** Whether everything may be run that is asked for. @default "registered" */
  trust?: "registered" | "any";
}

/** How long an environment may take, in ms. */
export interface GymnasiumLimits {
  /** @default 120 000 */
  openMs?: number;
  /** Of all copies. @default 60 000 */
  resetMs?: number;
  /** Of all copies. @default 30 000 */
  stepMs?: number;
}

/** How copies are opened. */
export interface GymnasiumOptions extends GymnasiumRules {
  spec: GymnasiumSpec;
  /** n */
  size: number;
  /** Steps after which an episode is cut, where neither the environment nor the spec says it. */
  horizon: number;
  limits?: GymnasiumLimits | undefined;
}

/** The result of a call; n = `size`. All arrays are the caller's to keep. */
export interface GymnasiumStep {
  /** `[n, S]`; of a finished copy its last state */
  readonly states: Float32Array;
  /** `[n]`, 0 for copies that were finished before */
  readonly rewards: Float64Array;
  /** `[n]`, 1 in the step in which the task ended by itself */
  readonly terminals: Uint8Array;
  /** `[n]`, 1 in the step that was cut without that */
  readonly timeouts: Uint8Array;
  /** `[n]`, 1 in a step that succeeded */
  readonly successes: Uint8Array;
  /** `[n]`, 1 for copies whose episode goes on */
  readonly active: Uint8Array;
  /** Whether the environment has reported success or failure for any step. */
  readonly reportsSuccess: boolean;
}

/** An open environment. */
export interface GymnasiumEnvironment {
  readonly stateDim: number;
  /** A; of discrete actions how many there are */
  readonly actionDim: number;
  readonly isDiscrete: boolean;
  /** `[A]`, the bounds that continuous actions are clipped to; null: none */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** Steps after which an episode is cut. */
  readonly horizon: number;
  readonly size: number;
  /** Of Python and of the packages. */
  readonly versions: Readonly<Record<string, string>>;
  /** Starts one episode a seed (0 to 2^32 - 1); with fewer seeds than copies the rest idles. */
  reset(seeds: readonly number[]): Promise<GymnasiumStep>;
  /**
   * One step of every copy whose episode goes on.
   *
   * @param actions `[n, A]`
   */
  step(actions: Float32Array): Promise<GymnasiumStep>;
  /** Ends the process of the environment. */
  close(): Promise<void>;
}

const LIMITS = { openMs: 120_000, resetMs: 60_000, stepMs: 30_000 };
const TERMINATED = 1;
const TRUNCATED = 2;
const SUCCESS = 4;
const IDLE = 8;
const REPORTS_SUCCESS = 16;

type About = Pick<GymnasiumEnvironment, "stateDim" | "actionDim" | "low" | "high" | "horizon" | "versions">;

/**
 * Opens `size` copies, in a process of their own. What a stranger's spec may not say is refused.
 *
 * @param python starts the process
 * @param options spec, number of copies, what the spec may say
 * @returns states `[size, S]` after `reset` and `step`; close it
 * @throws {GymnasiumUnavailable} where this installation does not run it
 * @throws {GymnasiumFault} with the last lines of the traceback
 * @throws {GymnasiumLost} where the process died or took too long
 */
export async function openGymnasium(
  python: PythonProcess,
  options: GymnasiumOptions,
): Promise<GymnasiumEnvironment> {
  const { spec, size, trust = "registered" } = options;
  const fault = trust === "any" ? undefined : faultOfGymnasium(spec);
  if (fault !== undefined) {
    throw errorOfFault(shownId(spec), python.python, { code: "refused", message: fault });
  }
  const { openMs, resetMs, stepMs } = { ...LIMITS, ...options.limits };
  const host = await openHost(python, options, openMs);
  const about = host as About & { discrete: boolean };
  const { stateDim, actionDim } = about;
  const parse = (body: Uint8Array<ArrayBuffer>) => parseStep(body, size, stateDim);
  return {
    ...about,
    isDiscrete: about.discrete,
    size,
    async reset(seeds) {
      if (seeds.length < 1 || seeds.length > size) {
        throw new RangeError(
          `Cannot reset as there must be 1 to ${size} seeds: current value is ${seeds.length}`,
        );
      }
      return parse(await python.ask("reset", bytesOf(Uint32Array.from(seeds)), resetMs, spec.gymnasium));
    },
    async step(actions) {
      if (actions.length !== size * actionDim) {
        throw new RangeError(
          `Cannot step as actions must be [${size}, ${actionDim}]: current length is ${actions.length}`,
        );
      }
      return parse(await python.ask("step", bytesOf(actions), stepMs, spec.gymnasium));
    },
    close: async () => void await python.ask("close", new Uint8Array(0), resetMs, spec.gymnasium),
  };
}

/**
 * Versions of Python and the packages.
 *
 * @param python starts the process
 * @param rules what a spec may say
 * @returns name -> version
 * @throws {Error} as {@link openGymnasium} does
 */
export async function checkPackages(
  python: PythonProcess,
  rules: GymnasiumRules,
): Promise<Record<string, string>> {
  const [id, { openMs }] = ["an environment of Gymnasium", LIMITS];
  const { versions } = await openHost(
    python,
    { ...rules, spec: { gymnasium: id }, size: 0, horizon: 1 },
    openMs,
  );
  await python.ask("close", new Uint8Array(0), openMs, id);
  return versions;
}

async function openHost(
  python: PythonProcess,
  { spec, size, horizon, packages, trust }: GymnasiumOptions,
  openMs: number,
): Promise<{ versions: Record<string, string> }> {
  const { gymnasium: id, kwargs = {}, wrappers = [], maxEpisodeSteps = null } = spec;
  const trusted = trust === "any";
  const cut = trusted ? horizon : Math.min(horizon, MOST_GYMNASIUM_STEPS);
  const asked = { id, kwargs, wrappers, maxEpisodeSteps, horizon: cut, size, packages, trusted };
  const body = new TextEncoder().encode(JSON.stringify(asked));
  return JSON.parse(new TextDecoder().decode(await python.ask("open", body, openMs, id)));
}

/** A stranger's id in a sentence. */
function shownId({ gymnasium: id }: GymnasiumSpec): string {
  return JSON.stringify(id.slice(0, 60)).replace(/[^\x20-\x7e]/g, "?");
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Rewards float64 `[n]`, states float32 `[n, S]`, flags uint8 `[n]`. */
function parseStep(
  { buffer, byteLength }: Uint8Array<ArrayBuffer>,
  n: number,
  stateDim: number,
): GymnasiumStep {
  if (byteLength !== n * (8 + 4 * stateDim + 1)) {
    throw new GymnasiumFault(
      `Python's answer has ${byteLength} bytes: expected are ${n * (9 + 4 * stateDim)}`,
    );
  }
  const flags = new Uint8Array(buffer, n * (8 + 4 * stateDim), n);
  const where = (holds: (flag: number) => boolean) => Uint8Array.from(flags, (flag) => holds(flag) ? 1 : 0);
  return {
    rewards: new Float64Array(buffer, 0, n),
    states: new Float32Array(buffer, n * 8, n * stateDim),
    terminals: where((flag) => (flag & TERMINATED) > 0),
    timeouts: where((flag) => (flag & TRUNCATED) > 0),
    successes: where((flag) => (flag & SUCCESS) > 0),
    active: where((flag) => (flag & (TERMINATED | TRUNCATED | IDLE)) === 0),
    reportsSuccess: flags.some((flag) => (flag & REPORTS_SUCCESS) > 0),
  };
}
