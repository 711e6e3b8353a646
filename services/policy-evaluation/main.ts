/**
 * The process of this service: seams from the environment, work until SIGTERM.
 * @module
 */
import { serve } from "@cugro/jobs";
import { SERVICES } from "../services.ts";
import { startConfiguredPython } from "../start_python.ts";
import { createHandlers } from "./mod.ts";

const name = "policy-evaluation";
await serve({
  name,
  kinds: SERVICES[name].kinds,
  createHandlers,
  prepare(config) {
    const python = startConfiguredPython(config);
    void Deno.permissions.revoke({ name: "run" });
    return python;
  },
  onOpened: () => Deno.permissions.revoke({ name: "ffi" }),
});
