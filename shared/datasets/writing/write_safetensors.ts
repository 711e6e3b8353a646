/**
 * Writes a dataset as safetensors under D4RL's names; attributes are texts in the header.
 * @module
 */
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import type { Dataset } from "../dataset.ts";
import { attributesOf, fieldsOf, type Sink, textsOf, type WriteOptions } from "./written_fields.ts";

/**
 * Writes a dataset as safetensors, whole.
 *
 * @param sink gets all bytes at once
 * @param options attributes, and `onProgress`, called with 0 to 1
 */
export async function writeSafetensorsTo(
  dataset: Dataset,
  sink: Sink,
  { attributes = {}, onProgress = () => {} }: WriteOptions = {},
): Promise<void> {
  const tensors: TensorFile = Object.fromEntries(
    fieldsOf(dataset).map(({ name, data, width, isMatrix }) => [
      name,
      { shape: isMatrix ? [dataset.size, width] : [dataset.size], data },
    ]),
  );
  await sink(encodeTensors(tensors, textsOf(attributesOf(dataset, attributes))));
  onProgress(1);
}
