/**
 * An incoming file -> a validated dataset, its normaliser and its sketch.
 * @module
 */
import type { JobHandlers } from "@cugro/platform";
import { importDataset } from "./import_dataset.ts";

/** The work of this service. */
export function createHandlers(): JobHandlers {
  return { "dataset.import": importDataset };
}
