/**
 * Writes a dataset as HDF5 in the D4RL layout, readable by every tool of the field.
 * @module
 */
import type h5wasm from "h5wasm";
import type { Dataset } from "./dataset.ts";

let written = 0;

/**
 * The bytes of an HDF5 file with `observations actions rewards next_observations terminals timeouts` and attributes.
 * @param dataset what to write
 * @param attributes further attributes of the file, e.g. how it was collected
 */
export async function writeHdf5(
  dataset: Dataset,
  attributes: Record<string, string | number> = {},
): Promise<Uint8Array> {
  const { File, ready } = await import("h5wasm");
  const { FS } = await ready;
  const path = `/written-${++written}.hdf5`;
  const file = new File(path, "w");
  const { size, stateDim, actionDim } = dataset;
  const put = (name: string, data: Float32Array | Uint8Array, shape: number[]) => {
    const chunks = [Math.min(size, 4096), ...shape.slice(1)];
    const dtype = data instanceof Uint8Array ? "<B" : "<f";
    file.create_dataset({ name, data, shape, dtype, chunks, compression: "gzip", compression_opts: [4] });
  };
  put("observations", dataset.states, [size, stateDim]);
  put("actions", dataset.actions, [size, actionDim]);
  put("rewards", dataset.rewards, [size]);
  put("next_observations", dataset.nextStates, [size, stateDim]);
  put("terminals", dataset.terminals, [size]);
  put("timeouts", dataset.timeouts, [size]);
  if (dataset.success) put("success", dataset.success, [size]);
  writeAttributes(file, dataset, attributes);
  file.close();
  const bytes = FS.readFile(path) as Uint8Array;
  FS.unlink(path);
  return bytes;
}

function writeAttributes(
  file: InstanceType<typeof h5wasm.File>,
  { metadata }: Dataset,
  further: Record<string, string | number>,
): void {
  const { env, family, goal, horizon, returnRandom, returnFinalPolicy, actionLimit } = metadata;
  const all = {
    env,
    family,
    horizon,
    return_random: returnRandom,
    return_final_policy: returnFinalPolicy,
    action_limit: actionLimit,
    ...further,
  };
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) file.create_attribute(name, value);
  }
  if (goal) file.create_attribute("goal", Float32Array.from(goal));
}
