/**
 * The tensor library's variables as a service meets them: a real process with a store, on a pipe.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { withFolder } from "../fakes/test_folder.ts";

const COMMAND = fileURLToPath(new URL("../../scripts/cli/cugro.ts", import.meta.url));
const SERVICE = fileURLToPath(new URL("../../services/state-generation/main.ts", import.meta.url));

/** Starts the service, and hands what it logs of its start to `check`. */
async function startWith(
  environment: Record<string, string>,
  check: (logged: Record<string, unknown>) => void,
): Promise<void> {
  await withFolder(async (store) => {
    const child = spawn(process.execPath, ["run", "-A", "--no-check", SERVICE], {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, CUGRO_STORE: store, CUGRO_NATS: "", CUGRO_LOG: "info", ...environment },
    });
    const ended = once(child, "close");
    try {
      const lines = createInterface({ input: child.stderr });
      for await (const line of lines) {
        const logged = JSON.parse(line);
        if (["ready for jobs", "the service cannot go on"].includes(logged.event)) return check(logged);
      }
      throw new Error("The service has logged neither its start nor a fault");
    } finally {
      // The end of its pipe is the end of the service.
      child.stdin.end();
      await ended;
    }
  });
}

for (const word of ["0", "off"]) {
  Deno.test(`a service starts with CUGRO_COMPILE=${word}, and does not compile`, () =>
    startWith({ CUGRO_COMPILE: word }, ({ event, profile }) => {
      assertEquals([event, (profile as { compile: boolean }).compile], ["ready for jobs", false]);
    }));
}

Deno.test("a service lists wrong variables of the tensor library with all other faults", () =>
  startWith({ CUGRO_COMPILE: "maybe", CUGRO_NATIVE_LOG: "loud", CUGRO_LOG: "loud" }, ({ event, error }) => {
    assertEquals(event, "the service cannot go on");
    for (const name of ["CUGRO_COMPILE", "CUGRO_NATIVE_LOG"]) {
      assertStringIncludes(
        String(error),
        `${name} must be on or off (or 1, true, yes, 0, false, no): current`,
      );
    }
    assertStringIncludes(String(error), "CUGRO_LOG must be debug");
  }));

Deno.test("a command names a wrong variable of the set-up in one sentence", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    "run",
    "-A",
    "--no-check",
    COMMAND,
    "doctor",
  ], {
    encoding: "utf8",
    env: { ...process.env, CUGRO_DEVICE: "tpu" },
  });
  const message = 'cugro: Cannot use CUGRO_DEVICE as it must be cpu or gpu: current value is "tpu"';
  assertEquals([status, stdout, stderr.trim()], [1, "", message]);
});
