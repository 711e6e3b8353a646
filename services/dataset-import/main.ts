/**
 * The process of this service: seams from the environment, work until SIGTERM.
 * @module
 */
import { serve } from "@cugro/jobs";
import { createHandlers } from "./mod.ts";

await serve({ name: "dataset-import", kinds: ["dataset.import"], createHandlers });
