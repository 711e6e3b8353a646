/**
 * An eighth service in the table of services shows up wherever services are named. Everything derived takes the table
 * as a parameter; here it gets one with a service that does not exist, and no file of the repository is changed.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JobKind } from "@cugro/protocol";
import { confineService, startOrder } from "../../scripts/cluster/service_programs.ts";
import { runCommand } from "../../scripts/setup/run_program.ts";
import { type Service, SERVICE_NAMES, SERVICES, type Services } from "../../services/services.ts";
import { writeScripts } from "../container/write_commands.ts";
import { natsUsers, storeRights } from "../permissions.ts";
import { renderedFiles } from "../render/files.ts";
import { fillRegion } from "../render/regions.ts";
import { WORKLOADS } from "../render/workloads.ts";
import { checkCompose, loadCompose } from "./check_compose.ts";
import { INFRA, parseDocuments, readDocuments, ROOT, type Value } from "./documents.ts";
import { buildOverlay, checkBuilt, OVERLAYS } from "./kubernetes.ts";
import { checkFolders, checkTasks, type DenoConfig } from "./check_services.ts";
import { findTool } from "./outside_tools.ts";
import { withFolder } from "../../tests/fakes/test_folder.ts";

const NAME = "policy-distillation";
const KIND = "policy.distill" as JobKind;
const eighth: Service = { ...SERVICES["critic-training"], kinds: [KIND] };
const eight: Services = { ...SERVICES, [NAME]: eighth };
const workloads = { ...WORKLOADS, [KIND]: WORKLOADS["critic.train"] };
const rendered = () => renderedFiles(eight, workloads);
const parsed = (path: string): Value => parseDocuments(rendered()[path]!, path)[0]!.value;

Deno.test("an eighth service has a container in compose, and one on a GPU", async () => {
  const file = parsed("compose.yaml");
  assertEquals(checkCompose(file, eight), []);
  assertEquals(file.services[NAME].command, [NAME]);
  assertEquals(file.services[`${NAME}-gpu`].networks, { inside: { aliases: [NAME] } });
  assertEquals(file.secrets[`${NAME}_seed`], { file: `\${CUGRO_SECRETS:-./secrets}/${NAME}.seed` });
  const committed = checkCompose(readDocuments("compose.yaml")[0]!.value, eight);
  assertEquals(committed, [
    `infra/compose.yaml: service ${NAME} is missing`,
    ...["cpu", "gpu"].map((profile) =>
      `infra/compose.yaml: profile ${profile} has 0 services that do ${KIND} instead of one`
    ),
  ]);
  await withFolder(async (folder) => {
    writeFileSync(join(folder, "compose.yaml"), rendered()["compose.yaml"]!);
    assertEquals(await loadCompose(findTool, join(folder, "compose.yaml"), eight) ?? [], []);
  });
});

Deno.test("an eighth service is scraped by Prometheus", () => {
  const [{ dns_sd_configs: [{ names }] }] = parsed("prometheus/prometheus.yaml").scrape_configs;
  assertEquals(names, [...SERVICE_NAMES, NAME, "worker"]);
});

Deno.test({
  name: "an eighth service has a Deployment, a scaler and its own secrets in both overlays of Kubernetes",
  ignore: await findTool("kustomize") === undefined,
  fn: () => withFolder(builtWithEight),
});

async function builtWithEight(folder: string): Promise<void> {
  cpSync(join(INFRA, "kubernetes"), join(folder, "kubernetes"), { recursive: true });
  for (const [path, text] of Object.entries(rendered())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const overlay of OVERLAYS) {
    const built = (await buildOverlay(overlay, findTool, folder))!;
    assertEquals(checkBuilt(built, overlay, eight, workloads), []);
    const own = built.map(({ value }) => value).filter(({ metadata }) => metadata.name === "policy-distill");
    assertEquals(own.map(({ kind }) => kind).sort(), ["Deployment", "ScaledObject"]);
    const { containers: [container] } = own.find(({ kind }) => kind === "Deployment")!.spec.template.spec;
    assertEquals(container.args, [NAME]);
    assertEquals(container.resources.limits["nvidia.com/gpu"], overlay === "gpu" ? 1 : undefined);
    const committed = (await buildOverlay(overlay, findTool))!;
    assertEquals(checkBuilt(committed, overlay, eight, workloads), [
      `overlay ${overlay}: no Deployment runs ${NAME}`,
      `overlay ${overlay}: no Deployment serves ${KIND}`,
      `overlay ${overlay}: nothing scales the workers of ${KIND}`,
    ]);
  }
}

Deno.test("an eighth service has a user on NATS and policies on S3, for its own jobs only", () => {
  const { publish, subscribe } = natsUsers(eight)[NAME]!;
  assert(publish.includes("$JS.API.CONSUMER.MSG.NEXT.JOBS.policy-distill"));
  assertEquals(publish.filter((subject) => subject.includes("critic")), []);
  assertEquals(subscribe, [`_INBOX_${NAME}.>`]);
  const files = rendered();
  for (const path of ["nats/nats.conf", "kubernetes/components/servers/nats_config.yaml"]) {
    assertStringIncludes(files[path]!, "$CUGRO_NKEY_POLICY_DISTILLATION");
  }
  assertStringIncludes(files["kubernetes/components/servers/minio_config.yaml"]!, `  ${NAME}.json: |`);
  const { write, read } = storeRights(eight)[NAME]!;
  assert(write.includes("jobs/policy.distill/*/result.json"));
  // What its jobs read beside their own stands in the table of kinds, where this one is not.
  assertEquals([...write, ...read].filter((key) => /critic|datasets/.test(key)), []);
  for (const [dialect, statements] of [["minio", 4], ["aws", 5]] as const) {
    const policy = JSON.parse(files[`${dialect}/policies/${NAME}.json`]!);
    assertEquals(
      policy.Statement.length,
      statements,
      `${dialect}: list, read, write, delete; on AWS write once`,
    );
  }
});

Deno.test("a service without rights, without a workload or without a size is named", () => {
  const odd = (change: Partial<Service>): Services => ({ ...SERVICES, [NAME]: { ...eighth, ...change } });
  const messageOf = (services: Services) => assertThrows(() => renderedFiles(services), RangeError).message;
  const rights = "owner" as Service["rights"];
  for (const part of [NAME, "owner", "services/services.ts", "infra/permissions.ts"]) {
    assertStringIncludes(messageOf(odd({ rights, kinds: [] })), part);
  }
  assertStringIncludes(messageOf(odd({})), `Kind ${KIND} of service ${NAME} must have a row`);
  assertStringIncludes(messageOf(odd({ kinds: [] })), `Service ${NAME} must have kinds or`);
});

Deno.test("an eighth service is started in the local cluster, before those that give it work", () => {
  const order = startOrder(eight);
  assertEquals([...order].sort(), Object.keys(eight).sort());
  assert(order.indexOf(NAME) < order.indexOf("coordinator"));
  assertEquals(order.slice(-2), ["coordinator", "gateway"]);
  const environment = { CUGRO_STORE: "s3://cugro", CUGRO_NATS: "nats://nats:4222" };
  const own = confineService(NAME, environment, eight);
  const sibling = confineService("critic-training", environment);
  const withoutFolder = ({ args, environment }: typeof own) =>
    args.map((arg) => arg.replaceAll(environment.TMPDIR!, "TMPDIR"));
  assertEquals(withoutFolder(own), withoutFolder(sibling));
  for (const one of [own, sibling]) one.clear();
});

Deno.test("an eighth service is a command of the image, whose start script names it", async () => {
  await withFolder(async (folder) => {
    writeScripts(folder, eight);
    cpSync(join(INFRA, "container", "start.sh"), join(folder, "start"));
    const start = (service: string) => runCommand("sh", [join(folder, "start"), service]);
    const script = readFileSync(join(folder, "services", NAME), "utf8");
    assertStringIncludes(script, ` services/${NAME}/main.ts\n`);
    assertEquals(
      script.replaceAll(NAME, "critic-training"),
      readFileSync(join(folder, "services", "critic-training"), "utf8"),
    );
    for (const wrong of ["nobody", "", "../healthy"]) {
      const { code, stderr } = await start(wrong);
      assertEquals([code, Object.keys(eight).filter((name) => !stderr.includes(name))], [64, []]);
    }
    writeFileSync(join(folder, "services", NAME), "#!/bin/sh\necho started\n", { mode: 0o755 });
    assertEquals((await start(NAME)).stdout, "started\n");
  });
});

Deno.test("checkTasks() names what deno.json lacks for an eighth service, and what differs", () => {
  const config: DenoConfig = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  assertEquals(checkTasks(config), []);
  const [missing, ...others] = checkTasks(config, eight);
  assertEquals(others, []);
  for (const part of ["deno.json", NAME, `start:${NAME}`, `start_service.ts ${NAME}`]) {
    assertStringIncludes(missing!, part);
  }
  const loose = structuredClone(config);
  loose.tasks!["start:gateway"] = "deno run -A services/gateway/main.ts";
  assertStringIncludes(checkTasks(loose)[0]!, "service gateway: the command of task start:gateway must be");
  const { gateway: _, ...six } = SERVICES;
  assertEquals(checkTasks(config, six), [
    "deno.json: task start:gateway starts no service of services/services.ts",
  ]);
});

Deno.test("checkFolders() names a service without its files, a folder without its row, and a kind nobody does", () => {
  assertEquals(checkFolders(), []);
  assertStringIncludes(checkFolders(eight)[0]!, `services/${NAME}/deno.json is missing`);
  const { "critic-training": _, ...six } = SERVICES;
  assertEquals(checkFolders(six), [
    "services/critic-training is no service of services/services.ts",
    "no service of services/services.ts does critic.train",
  ]);
});

Deno.test("fillRegion() replaces what lies between its comments, and names the one that is missing", () => {
  const text = "a:\n  # rendered: x (by y)\n  - old\n  - older\n  # end of x\nb: 1\n";
  const filled = fillRegion(text, "f.yaml", "x", "  - new\n");
  assertEquals(filled, "a:\n  # rendered: x (by y)\n  - new\n  # end of x\nb: 1\n");
  const { message } = assertThrows(() => fillRegion("a: 1\n", "f.yaml", "x", ""), RangeError);
  assertEquals(message, 'f.yaml must have the comment "# rendered: x"');
});
