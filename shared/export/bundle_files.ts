/**
 * The files of a bundle, from what was gathered: graphs that have passed their check, weights, a self-test, and what is known
 * of the version. The same version gives the same bytes.
 * @module
 */
import type { Compile } from "@cugro/algorithm";
import { InvalidInputError } from "@cugro/algorithm/arrays";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type Checked,
  CHECKED_INPUTS,
  CHECKED_WITHIN,
  checkModel,
  UNDECIDED,
} from "./checking/check_model.ts";
import { randomInputs } from "./checking/inputs.ts";
import { openOurs } from "./checking/ours.ts";
import type { ExportInput } from "./gather_version.ts";
import { modelBytes, type ModelName, MODELS } from "./graphs/decision_graphs.ts";
import { modelCard } from "./model_card.ts";
import { OnnxRuntimeMissing } from "./onnx/runtime.ts";
import { hasOnnxRuntime } from "./onnx/runtime_files.ts";
import { type Parts, partsOf } from "./parts.ts";
import { selfTestFile } from "./expected_answers.ts";
import { weightsFile } from "./weights_file.ts";

const CHECK_SEED = 1_000;
/** Loaders, which are copied as they are. */
export const LOADERS = ["cugro_policy.py", "cugro_policy.hpp", "cugro_policy.mjs"] as const;

/** A graph in a bundle. */
export interface BundleModel {
  model: ModelName;
  file: string;
}

/** A graph that is not in it. */
export interface NotWritten {
  model: ModelName;
  reason: string;
}

/** A bundle in memory. */
export interface Bundle {
  learner: string;
  version: number;
  /** By name, in the order in which they are listed. */
  files: ReadonlyMap<string, Uint8Array>;
  /** Results of the graphs' checks, including failed ones. */
  checks: readonly Checked[];
  notWritten: readonly NotWritten[];
}

/** Told while graphs are checked. */
export type OnCheck = (model: ModelName, done: number, inputs: number) => void;

/** Before any work is done. @throws {OnnxRuntimeMissing} where it is not installed */
export function requireOnnxRuntime(): void {
  if (!hasOnnxRuntime()) throw new OnnxRuntimeMissing();
}

/**
 * Makes a bundle: models that have passed their check, weights, loaders, and what is known of the version. A backend
 * must be open.
 *
 * @param compile of the backend, for our side of the check
 * @param onCheck called with a model's name, rows done and rows in all
 * @returns files by name, and which models are missing and why
 * @throws {OnnxRuntimeMissing} where onnxruntime is not installed
 */
export async function bundleFiles(
  input: ExportInput,
  compile: Compile,
  onCheck: OnCheck = () => {},
): Promise<Bundle> {
  requireOnnxRuntime();
  const { parts, notWritten } = takeApart(input);
  const { record: { learner, version }, acting } = input;
  const made = new Map<ModelName, Uint8Array>(), checks: Checked[] = [];
  const ours = openOurs(input.policy, compile);
  try {
    const inputs = randomInputs(parts, CHECKED_INPUTS, CHECK_SEED);
    for (const model of MODELS) {
      const bytes = modelBytes(parts, model, {
        learner,
        version: String(version),
        tasks: parts.tasks.join(","),
      });
      if (bytes === undefined) continue;
      const onRows = (done: number) => onCheck(model, done, CHECKED_INPUTS);
      const checked = await checkModel(model, bytes, { parts, inputs, ours, onRows });
      checks.push(checked);
      if (checked.passed) made.set(model, bytes);
      else notWritten.push({ model, reason: describeFailure(checked) });
    }
  } finally {
    ours.dispose();
  }
  const models = [...made.keys()].map((model) => ({ model, file: `${model}.onnx` }));
  const files = new Map<string, Uint8Array>([...made].map(([model, bytes]) => [`${model}.onnx`, bytes]));
  files.set("weights.safetensors", weightsFile(parts, acting));
  files.set("selftest.safetensors", await selfTestFile(parts, made));
  for (const name of LOADERS) files.set(name, await readFile(new URL(`./loaders/${name}`, import.meta.url)));
  files.set("MODEL_CARD.md", new TextEncoder().encode(modelCard(input.record, models, notWritten)));
  files.set("bundle.json", bundleJson(input, models, notWritten, files));
  return { learner, version, files, checks, notWritten };
}

/** The parts of a version; a generator of states that does not fit keeps no policy from leaving. */
function takeApart({ policy, withoutStates }: ExportInput): { parts: Parts; notWritten: NotWritten[] } {
  const without: NotWritten[] = (["actor", "proposer"] as const).filter((model) =>
    policy[model] === undefined
  )
    .map((model) => ({ model, reason: `this version has no ${model}; it acts by the sampler` }));
  const lacking = (reason: string) => [...without, { model: "generators" as const, reason }];
  if (policy.stateGenerator === undefined) {
    return {
      parts: partsOf(policy),
      notWritten: lacking(withoutStates ?? "there is no generator of states"),
    };
  }
  try {
    return { parts: partsOf(policy), notWritten: without };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const { stateGenerator: _, ...acting } = policy;
    return { parts: partsOf(acting), notWritten: lacking(error.message) };
  }
}

/** Why a graph is left out; by how much it differs depends on the machine, and is in the check. */
function describeFailure({ model, greatestError }: Checked): string {
  const unchecked = model === "critic" || model === "generators" ? "" : "; the loaders act by it, unchecked";
  const why = greatestError > CHECKED_WITHIN
    ? `onnxruntime gives answers that differ from ours by more than ${CHECKED_WITHIN}`
    : "too many answers hang on the last digit of an observation, so it cannot be checked";
  return why + unchecked;
}

/** `bundle.json`: everything but its own hash. */
function bundleJson(
  { record, acting }: ExportInput,
  models: readonly BundleModel[],
  notWritten: readonly NotWritten[],
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const { learner, version, ...rest } = record;
  const description = {
    ...{ format: "cugro.bundle/1", learner, version },
    acting: Object.fromEntries(acting),
    models: models.map(({ model, file }) => ({
      ...{ model, file, opset: 17 },
      checked: { inputs: CHECKED_INPUTS, within: CHECKED_WITHIN, undecidedAtMost: UNDECIDED },
    })),
    notWritten,
    ...rest,
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: hashOf(bytes) }]),
    ),
  };
  return new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`);
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
