/**
 * The process of this service: seams from the environment, work until SIGTERM.
 * @module
 */
import { serve } from "@cugro/jobs";
import { SERVICES } from "../services.ts";
import { createHandlers } from "./mod.ts";

const name = "dataset-import";
/** Nothing is computed with tensors: the library would take twice the memory that a file does. */
const WITHOUT_TENSORS = {
  profile: { backend: "none" },
  compile: () => {
    throw new Error("an import computes without tensors");
  },
};
await serve({
  name,
  kinds: SERVICES[name].kinds,
  createHandlers,
  openCompute: () => Promise.resolve(WITHOUT_TENSORS),
  onOpened: () => Deno.permissions.revoke({ name: "ffi" }),
});
