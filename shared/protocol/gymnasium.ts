/**
 * A Gymnasium environment as data may name it, and what of it is run although a stranger has named it.
 *
 * A dataset is a stranger's file. What it names is made only if it is registered already, with arguments that can name no
 * file, no module and no address, in wrappers of a fixed list.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "./canonical.ts";

/** Wrappers that only reshape, bound or count. */
export const GYMNASIUM_WRAPPERS = [
  "ClipAction",
  "FlattenObservation",
  "OrderEnforcing",
  "PassiveEnvChecker",
  "RescaleAction",
  "StickyAction",
  "TimeAwareObservation",
  "TimeLimit",
] as const;
/** These Gymnasium puts around an environment by itself. */
const BY_ITSELF: readonly string[] = ["OrderEnforcing", "PassiveEnvChecker", "TimeLimit"];

const MOST_KWARGS = 64;
/** Steps that a stranger may ask of an episode: one that never ends by itself takes as long. */
export const MOST_GYMNASIUM_STEPS = 100_000;
const json: z.ZodType<JsonObject> = z.record(z.string().max(100), z.json());
const kwargs = json.refine((value) => JSON.stringify(value).length <= 10_000, "must be short");

/** `gymnasium`: an id. `kwargs`: of `gymnasium.make`. `maxEpisodeSteps`: steps after which an episode is cut. */
export const gymnasiumSchema = z.strictObject({
  gymnasium: z.string().min(1).max(200),
  kwargs: kwargs.exactOptional(),
  wrappers: z.array(z.strictObject({ name: z.string().max(100), kwargs })).max(16).exactOptional(),
  maxEpisodeSteps: z.int().min(1).max(1e9).exactOptional(),
});
/** A task of Gymnasium: its id and how it is made. Checked by {@link gymnasiumSchema}. */
export type GymnasiumSpec = z.infer<typeof gymnasiumSchema>;

/** An id with a version and perhaps a namespace; no module. */
const ID = /^([A-Za-z0-9_-]{1,60}\/)?[A-Za-z0-9_.-]{1,100}$/;
const SHORT_TEXT = /^[A-Za-z0-9_.+ -]{0,64}$/;
const ARGUMENT = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Arguments of `gymnasium.make` itself. */
const RESERVED = ["id", "max_episode_steps", "disable_env_checker", "vectorization_mode", "vector_kwargs"];

/**
 * Why a stranger's spec is not run, in words that go on from "is not run as"; undefined where it may be.
 *
 * @param spec as a dataset names it
 * @returns undefined where nothing of it can do harm
 */
export function faultOfGymnasium(
  { gymnasium: id, kwargs = {}, wrappers = [], maxEpisodeSteps = 0 }: GymnasiumSpec,
): string | undefined {
  if (id.includes(":")) return "it names a module to import";
  if (!ID.test(id)) return "its id may have letters, digits, . _ - and one namespace with a slash";
  const other = wrappers.find(({ name }) => !(GYMNASIUM_WRAPPERS as readonly string[]).includes(name));
  if (other) {
    return `its wrapper ${shown(other.name)} is none of ${GYMNASIUM_WRAPPERS.join(", ")}`;
  }
  if (maxEpisodeSteps > MOST_GYMNASIUM_STEPS) {
    return `its episodes may have more than ${MOST_GYMNASIUM_STEPS} steps`;
  }
  return faultOfKwargs(kwargs) ??
    wrappers.map((wrapper) => faultOfKwargs(wrapper.kwargs)).find((fault) => fault);
}

function faultOfKwargs(kwargs: JsonObject): string | undefined {
  const entries = Object.entries(kwargs);
  if (entries.length > MOST_KWARGS) return `it has more than ${MOST_KWARGS} arguments`;
  for (const [name, value] of entries) {
    if (!ARGUMENT.test(name) || RESERVED.includes(name)) {
      return `its argument ${shown(name)} may not be given`;
    }
    const isPlain = typeof value === "number" || typeof value === "boolean" || isShortText(value);
    if (!isPlain) {
      return `its argument ${name} is no number, no truth value and no short text without slashes`;
    }
  }
  return undefined;
}

function isShortText(value: unknown): boolean {
  return typeof value === "string" && SHORT_TEXT.test(value) && !value.includes("..");
}

/** A stranger's text in a sentence. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60)).replace(/[^\x20-\x7e]/g, "?");
}

/**
 * The spec in an object, as a file's attribute `environment` has it or as Minari's `env_spec` does; undefined for what is
 * neither. Where nothing is drawn, how it would be drawn says nothing, and `None` is what an argument is without being given.
 *
 * @param value any JSON
 * @returns undefined for what is neither
 */
export function gymnasiumOf(value: unknown): GymnasiumSpec | undefined {
  const own = gymnasiumSchema.safeParse(value);
  if (own.success) return tidy(own.data);
  const recorded = recordedSpec.safeParse(value);
  if (!recorded.success) return undefined;
  const { id, kwargs, max_episode_steps: steps, additional_wrappers: wrappers } = recorded.data;
  const kept = wrappers.filter(({ name }) => !BY_ITSELF.includes(name));
  return tidy({
    gymnasium: id,
    kwargs,
    wrappers: kept.map(({ name, kwargs }) => ({ name, kwargs: kwargs ?? {} })),
    ...typeof steps === "number" ? { maxEpisodeSteps: steps } : {},
  });
}

/** `EnvSpec.to_json()` of Gymnasium. */
const recordedSpec = z.object({
  id: z.string().min(1).max(200),
  kwargs: kwargs.default({}),
  max_episode_steps: z.int().min(1).max(1e9).nullish(),
  additional_wrappers: z.array(z.object({ name: z.string().max(100), kwargs: kwargs.nullish() })).max(16)
    .nullish().transform((wrappers) => wrappers ?? []),
});

/** Without what says nothing, so that the same environment is the same spec. */
function tidy({ gymnasium, kwargs = {}, wrappers = [], maxEpisodeSteps }: GymnasiumSpec): GymnasiumSpec {
  const used = Object.entries(kwargs).filter(([name, value]) => name !== "render_mode" && value !== null);
  return {
    gymnasium,
    ...used.length > 0 ? { kwargs: Object.fromEntries(used) } : {},
    ...wrappers.length > 0 ? { wrappers } : {},
    ...maxEpisodeSteps === undefined ? {} : { maxEpisodeSteps },
  };
}
