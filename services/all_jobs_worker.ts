/**
 * A process that does the jobs of all services, one at a time: that of `cugro run`, fed over a pipe, and that of a small machine's
 * cluster (`--together`, compose's profile `together`), fed by NATS.
 * @module
 */
import { serve } from "@cugro/jobs";
import { JOB_KINDS, type JobKind } from "@cugro/protocol";
import { loadHandlers } from "./handlers.ts";
import { startConfiguredPython } from "./start_python.ts";

/** Of the three trainings the state generator's comes last, for no evaluation of old tasks waits for it. */
const LAST: JobKind = "states.train";

await serve({
  kinds: [...JOB_KINDS.filter((kind) => kind !== LAST), LAST],
  createHandlers: await loadHandlers(),
  prepare(config) {
    const python = startConfiguredPython(config);
    void Deno.permissions.revoke({ name: "run" });
    return python;
  },
  onOpened: () => Deno.permissions.revoke({ name: "ffi" }),
});
