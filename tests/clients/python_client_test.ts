/** The Python client, on a real gateway: what it asks, gives, refuses and survives. */
import { sleep } from "@cugro/async";
import { createClient } from "@cugro/client";
import { openBackend } from "@cugro/tensors";
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { withLiveGateway } from "../../services/gateway/testing/listening_gateway.ts";
import { readyOnnxRuntime } from "../../shared/export/testing/ready_runtime.ts";
import { withClientPython, withoutPython } from "./client_python.ts";

const CHECKS = fileURLToPath(new URL("./client_checks.py", import.meta.url));
const onnxruntime = await readyOnnxRuntime();

/** `learners.list`, `act`: all methods of the TypeScript client. */
function methodsOfClient(): string[] {
  return Object.entries(createClient({ url: "http://gateway", token: "none" })).flatMap(([name, value]) =>
    typeof value === "function" ? [name] : Object.keys(value).map((method) => `${name}.${method}`)
  );
}

Deno.test(
  "the Python client does what the TypeScript client does, and says of everything else what is wrong",
  {
    ignore: withoutPython,
  },
  () =>
    withClientPython(({ run }) =>
      withLiveGateway(
        // Streams end all the time, and are gone on with.
        { streams: { maxMs: 300 }, limits: { uploadBytes: 4 << 20 } },
        async ({ url, tokens, store, bus }) => {
          await openBackend();
          for (let version = 1; version <= 2; version++) {
            await publishExample({ store, name: "team-a", acting: ["actor"] });
          }
          const over = new AbortController();
          const announcing = (async () => {
            for (let n = 0; !over.signal.aborted; n++, await sleep(50)) {
              await bus.announce({
                ...{
                  specversion: "1.0",
                  id: `${n}`,
                  source: "/learners/team-a",
                  type: "cugro.task.accepted",
                },
                ...{ subject: "team-a", datacontenttype: "application/json", data: { n } },
              });
            }
          })();
          try {
            const ended = await run(
              CHECKS,
              { CUGRO_URL: url, CUGRO_TOKEN: tokens.admin },
              ...[JSON.stringify(methodsOfClient()), String(onnxruntime), tokens.reader],
            );
            assertEquals([ended.code, ended.stderr, ended.stdout], [0, "", "listening\nall well\n"]);
          } finally {
            over.abort();
            await announcing;
          }
        },
      )
    ),
);
