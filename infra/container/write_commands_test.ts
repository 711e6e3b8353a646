/** What the image's start commands allow depends on the container's environment: each case runs one, with a Deno that shows its arguments. */
import { assertEquals } from "@std/assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runCommand } from "../../scripts/setup/run_program.ts";
import { SERVICES } from "../../services/services.ts";
import { writeScripts } from "./write_commands.ts";

const LIBRARIES = ["/opt/cugro/binding/b/tfjs_binding.node"];

/** Flags by what they allow, and whether the process is confined. */
async function started(folder: string, service: string, environment: Record<string, string>) {
  const script = join(folder, "services", service);
  writeFileSync(script, readFileSync(script, "utf8").replace("cd /app", `cd ${folder}`));
  const none = { CUGRO_NATS: "", CUGRO_S3_ENDPOINT: "", CUGRO_S3_ACCESS_KEY: "", CUGRO_DEVICE: "" };
  const { stdout, stderr, code } = await runCommand("sh", [script], {
    ...none,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    ...environment,
  });
  assertEquals(code, 0, stderr);
  const [confined, ...args] = stdout.trim().split("\n");
  const flags = args.filter((arg) => arg.startsWith("--allow-")).map((arg) =>
    arg.slice("--allow-".length).split("=")
  );
  const byName: Record<string, string> = Object.fromEntries(
    flags.map(([name, value = "all"]) => [name, value]),
  );
  return { confined, args, flags: byName };
}

Deno.test("a start command lists libraries, files and hosts of its container, and confines the process unless it is on a GPU", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cugro-commands-"));
  try {
    mkdirSync(join(folder, "bin"));
    const shows = '#!/bin/sh\necho "$CUGRO_CONFINED"\nfor one in "$@"; do echo "$one"; done\n';
    writeFileSync(join(folder, "bin", "deno"), shows, { mode: 0o755 });
    writeScripts(folder, SERVICES, LIBRARIES);
    const container = {
      CUGRO_NATS: "nats://nats:4222, tls://10.0.0.2:4223",
      CUGRO_S3_ENDPOINT: "http://minio:9000/",
      CUGRO_S3_ACCESS_KEY: "k",
      CUGRO_HTTP_HOST: "0.0.0.0",
      CUGRO_HTTP_PORT: "8080",
      CUGRO_NATS_SEED_FILE: "/run/secrets/nats_seed",
    };
    const { confined, args, flags } = await started(folder, "critic-training", container);
    assertEquals([confined, args.at(-1)], ["on", "services/critic-training/main.ts"]);
    assertEquals([flags.net, flags.ffi, flags.write], [
      "0.0.0.0:8080,nats,10.0.0.2,minio",
      LIBRARIES[0],
      "/tmp",
    ]);
    assertEquals(
      flags.read!.split(",").filter((path) => !path.startsWith("/opt")).at(-1),
      "/run/secrets/nats_seed",
    );
    assertEquals([args.includes("--no-prompt"), args.includes("--no-remote"), flags.run], [
      true,
      true,
      undefined,
    ]);

    const onIpv6 = await started(folder, "coordinator", { ...container, CUGRO_HTTP_HOST: "::" });
    assertEquals([onIpv6.flags.net, onIpv6.flags.ffi, onIpv6.flags.write], [
      "[::]:8080,nats,10.0.0.2,minio",
      undefined,
      undefined,
    ]);
    const evaluating = await started(folder, "policy-evaluation", {
      ...container,
      CUGRO_PYTHON: "/opt/g y/python",
    });
    assertEquals([evaluating.flags.run, evaluating.args.at(-1)], [
      "/opt/g y/python",
      "services/policy-evaluation/main.ts",
    ]);
    assertEquals((await started(folder, "policy-evaluation", container)).flags.run, undefined);
    const others = await started(folder, "critic-training", { ...container, CUGRO_PYTHON: "/opt/g/python" });
    assertEquals(others.flags.run, undefined);
    // The AWS SDK's own keys and hosts; a GPU; webhooks.
    assertEquals(
      (await started(folder, "dataset-import", { ...container, CUGRO_S3_ACCESS_KEY: "" })).flags.net,
      "all",
    );
    assertEquals((await started(folder, "state-generation", { CUGRO_DEVICE: "gpu" })).confined, "off");
    assertEquals((await started(folder, "gateway", container)).flags.net, "all");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
