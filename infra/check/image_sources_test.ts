/** The image's build gets every file that it runs: each case removes one. */
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { INFRA, ROOT } from "./documents.ts";
import { checkImageSources } from "./image_sources.ts";

const dockerfile = readFileSync(join(INFRA, "Dockerfile"), "utf8");
const ignore = readFileSync(join(INFRA, "Dockerfile.dockerignore"), "utf8");

/** The files that faults are about; every fault says `what`. */
function filesOf(faults: string[], what: string): string[] {
  for (const fault of faults) assert(fault.includes(what), fault);
  return [...new Set(faults.map((fault) => fault.replace("infra/Dockerfile: ", "").split(",")[0]!))].sort();
}

/** The text without a part of it. */
function without(text: string, part: string): string {
  assert(text.includes(part), `there is no ${part}`);
  return text.replace(part, "");
}

Deno.test("checkImageSources() finds nothing wrong with the committed files", () => {
  assertEquals(checkImageSources(), []);
});

Deno.test("checkImageSources() refuses the self-test under its old name, which .dockerignore keeps out as a test", () => {
  const read = (path: string) =>
    readFileSync(join(ROOT, path), "utf8").replace(`new URL("check_backend.ts"`, `new URL("self_test.ts"`);
  assertEquals(filesOf(checkImageSources({ read }), "Dockerfile.dockerignore"), [
    "scripts/setup/self_test.ts",
  ]);
});

Deno.test("checkImageSources() finds what .dockerignore keeps out: imported, started as a thread, or run in the build", () => {
  const files = [
    "infra/container/assemble.sh",
    "scripts/setup/install.ts",
    "shared/bus/nats/subjects.ts",
    "shared/serving/policy_worker.ts",
  ];
  const faults = checkImageSources({ ignore: `${ignore}\n${files.join("\n")}\n` });
  assertEquals(filesOf(faults, "Dockerfile.dockerignore"), files);
});

Deno.test("checkImageSources() finds what no COPY line brings into the stage that needs it", () => {
  const files = [
    "shared/tensors/backend_profile.ts",
    "shared/tensors/deno.json",
    "shared/tensors/native/no_programs.cc",
    "shared/tensors/native/process_helper.cc",
  ];
  let text = dockerfile;
  for (const part of [`${files[0]} `, `${files[1]} `, "COPY shared/tensors/native shared/tensors/native\n"]) {
    text = without(text, part);
  }
  assertEquals(filesOf(checkImageSources({ dockerfile: text }), "stage native-"), files);
  const services = checkImageSources({ dockerfile: without(dockerfile, "COPY services /services\n") });
  assert(filesOf(services, "stage app-").includes("services/gateway/main.ts"), services.join("\n"));
});
