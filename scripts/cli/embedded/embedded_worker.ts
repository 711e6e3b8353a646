/**
 * A worker process of the embedded world: the handlers of all compute services in one process, fed over a pipe.
 * @module
 */
import { serve } from "@cugro/jobs";
import { JOB_KINDS, type JobKind } from "@cugro/protocol";
import { loadHandlers } from "../../../services/handlers.ts";
import { startConfiguredPython } from "../../../services/start_python.ts";

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
