/**
 * The process of this service: seams from the environment, work until SIGTERM.
 * @module
 */
import { serve } from "@cugro/jobs";
import { SERVICES } from "../services.ts";
import { createHandlers } from "./mod.ts";

const name = "behavior-generation";
await serve({
  name,
  kinds: SERVICES[name].kinds,
  createHandlers,
  onOpened: () => Deno.permissions.revoke({ name: "ffi" }),
});
