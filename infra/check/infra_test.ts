/** The checks find what they are for: each is given a fault. What is committed is checked by the first test. */
import { AVERAGE_ALERT } from "@cugro/problems";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { SERVICE_NAMES } from "../../services/services.ts";
import { natsUsers } from "../permissions.ts";
import { type ImageVersion, readImages } from "../render/images.ts";
import { makeSecrets } from "../secrets.ts";
import { checkInfra } from "./check_infra.ts";
import { checkCompose } from "./check_compose.ts";
import { checkDockerfile, parseDockerfile } from "./dockerfile.ts";
import {
  filesBelow,
  INFRA,
  kubernetesValidators,
  parseDocuments,
  readDocuments,
  type Value,
} from "./documents.ts";
import { checkImages, imageDocuments } from "./check_images.ts";
import { faultsOfQuery } from "./observability.ts";
import { buildOverlay, checkBuilt, OVERLAYS } from "./kubernetes.ts";
import { findTool } from "./outside_tools.ts";

const dockerfile = readFileSync(join(INFRA, "Dockerfile"), "utf8");
const compose = (): Value => structuredClone(readDocuments("compose.yaml")[0]!.value);

/** One fault that says so. */
function assertFault(faults: string[], text: string): void {
  assert(faults.some((fault) => fault.includes(text)), `no fault says "${text}": ${faults.join("\n")}`);
}

Deno.test("checkInfra() finds nothing wrong with what is committed", async () => {
  const { faults, skipped } = await checkInfra();
  assertEquals(faults, []);
  if (Deno.env.get("CUGRO_REQUIRE") === "all") assertEquals(skipped, []);
});

Deno.test("checkDockerfile() finds root, floating bases, compilers, shells and missing files", () => {
  assertFault(checkDockerfile(dockerfile.replaceAll("USER 65532:65532", "USER root")), "other than root");
  assertFault(checkDockerfile(dockerfile.replaceAll(/^USER .*$/gm, "")), "other than root");
  assertFault(checkDockerfile(dockerfile.replaceAll("debian:12.12-slim", "debian:latest")), "pinned");
  assertFault(checkDockerfile(dockerfile.replaceAll("debian:12.12-slim", "debian")), "pinned");
  assertFault(
    checkDockerfile(dockerfile.replaceAll("COPY deno.json", "COPY deno.jsonc")),
    "there is no such file",
  );
  assertFault(checkDockerfile(dockerfile.replaceAll(/^HEALTHCHECK .*$/gm, "")), "no HEALTHCHECK");
  assertFault(checkDockerfile(dockerfile.replaceAll(/ENTRYPOINT .*/g, "ENTRYPOINT /app/bin/start")), "shell");
  assertFault(
    checkDockerfile(
      dockerfile.replace(
        "FROM debian:12.12-slim AS cpu",
        "FROM debian:12.12-slim AS cpu\nRUN apt-get install g++",
      ),
    ),
    "installs",
  );
  assertFault(checkDockerfile(dockerfile.replaceAll("AS gpu", "AS other")), "no target gpu");
  assertFault(checkDockerfile(dockerfile.replaceAll("EXPOSE 8080", "EXPOSE 80")), "port 8080 in");
});

Deno.test("parseDockerfile() joins continued lines and leaves comments out", () => {
  const [stage] = parseDockerfile("FROM a:1.0 AS x\n# no\nRUN one \\\n  two\n");
  assertEquals(stage, { name: "x", from: "a:1.0", lines: [{ keyword: "RUN", rest: "one    two" }] });
});

Deno.test("checkCompose() finds what the specification or we forbid", () => {
  const faultsOf = (change: (file: Value) => void) => {
    const file = compose();
    change(file);
    return checkCompose(file);
  };
  assertFault(
    faultsOf(({ services }) => services.gateway.imagee = "x"),
    "properties: imagee",
  );
  assertFault(faultsOf(({ services }) => delete services.coordinator), "coordinator is missing");
  assertFault(faultsOf(({ services }) => services.nats.image = "nats:latest"), "pinned");
  assertFault(faultsOf(({ services }) => services.gateway.read_only = false), "read_only");
  assertFault(faultsOf(({ services }) => services.gateway.secrets[0].source = "minio_seed"), "another user");
  assertFault(faultsOf(({ services }) => services.gateway.secrets = ["minio_users"]), "no seed of its own");
  assertFault(faultsOf(({ services }) => delete services["dataset-import"].init), "comes back when it hangs");
  assertFault(faultsOf(({ services }) => services.gateway.environment.CUGRO_STOER = "x"), "CUGRO_STOER");
  assertFault(faultsOf(({ services }) => services.gateway.depends_on.nobody = {}), "needs nobody");
  assertFault(faultsOf(({ secrets }) => delete secrets.minio_users), "secret minio_users is not defined");
  assertFault(
    faultsOf(({ services }) => delete services["policy-evaluation"].profiles),
    "profile together has 2 services that do policy.evaluate",
  );
  assertFault(
    faultsOf(({ services }) => services.worker.profiles = ["cpu"]),
    "profile together has 0 services that do critic.train",
  );
  assertFault(faultsOf(({ services }) => delete services.worker), "worker is missing");
  assertFault(faultsOf(({ services }) => delete services.nats.stop_grace_period), "podman kills at once");
  assertFault(
    faultsOf(({ services }) => services.gateway.environment.OTEL_DENO = "${OTEL_DENO:-}"),
    "OTEL_DENO must be true or false",
  );
  // The file alone would stay the old one when it is replaced.
  const alone = "./secrets/tokens/tokens.json:/run/secrets/gateway/tokens.json:ro";
  for (const volumes of [[], [alone], ["./secrets/tokens:/run/secrets/gateway"]]) {
    assertFault(faultsOf(({ services }) => services.gateway.volumes = volumes), "must mount the folder of");
  }
  assertFault(
    faultsOf(({ services }) => services["critic-training-gpu"].command = ["gateway"]),
    "starts gateway",
  );
});

Deno.test("only the coordinator makes streams, in compose and in Kubernetes: a broker that lost them gets them back", () => {
  const { services } = compose();
  const inCompose = SERVICE_NAMES.filter((name) =>
    services[name].environment.CUGRO_NATS_STREAMS === "create"
  );
  const config = readDocuments("kubernetes/base/config.yaml").find(({ value }) => value.kind === "ConfigMap");
  assertEquals(config?.value.data.CUGRO_NATS_STREAMS, "verify");
  const deployments = filesBelow("kubernetes/base/services", ".yaml").flatMap(readDocuments)
    .filter(({ value }) => value.kind === "Deployment");
  const inKubernetes = deployments.filter(({ value }) =>
    value.spec.template.spec.containers[0].env.some(({ name, value }: Value) =>
      name === "CUGRO_NATS_STREAMS" && value === "create"
    )
  );
  assertEquals([inCompose, inKubernetes.map(({ value }) => value.metadata.name)], [["coordinator"], [
    "coordinator",
  ]]);
});

Deno.test("parseDocuments() names the file of broken YAML", () => {
  assertStringIncludes(assertThrows(() => parseDocuments("a: [1", "x.yaml")).message, "x.yaml");
});

Deno.test("kubernetesValidators() refuse unknown fields of Kubernetes, KEDA and NACK", () => {
  const validators = kubernetesValidators();
  const faultsOf = (path: string, kind: string, change: (value: Value) => void) => {
    const value = structuredClone(
      readDocuments(path).find((document) => document.value.kind === kind)!.value,
    );
    assertEquals(validators.get(kind)!(value), []);
    change(value);
    return validators.get(kind)!(value);
  };
  const pod = "kubernetes/base/services/gateway.yaml";
  assertFault(faultsOf(pod, "Deployment", ({ spec }) => spec.template.spec.contaners = []), "contaners");
  assertFault(faultsOf(pod, "Deployment", ({ spec }) => spec.replicas = "two"), "must be integer");
  assertFault(
    faultsOf("kubernetes/base/scalers.yaml", "ScaledObject", ({ spec }) => spec.minReplicas = 1),
    "minReplicas",
  );
  assertFault(
    faultsOf("kubernetes/base/scalers.yaml", "ScaledObject", ({ spec }) => delete spec.triggers),
    "triggers",
  );
  assertFault(
    faultsOf("kubernetes/base/streams.yaml", "Stream", ({ spec }) => spec.retention = "work-queue"),
    "retention",
  );
  assertFault(
    faultsOf("kubernetes/base/streams.yaml", "Consumer", ({ spec }) => spec.ackwait = "30s"),
    "ackwait",
  );
});

Deno.test({
  name: "checkBuilt() finds dangling references, soft pods, foreign secrets and missing GPUs",
  ignore: await findTool("kustomize") === undefined,
  fn: faultsOfBuilt,
});

async function faultsOfBuilt() {
  const built = (await buildOverlay("gpu", findTool))!;
  const faultsOf = (name: string, kind: string, change: (value: Value) => void) => {
    const documents = structuredClone(built);
    change(documents.find(({ value }) => value.kind === kind && value.metadata.name === name)!.value);
    return checkBuilt(documents, "gpu");
  };
  const container = (value: Value) => value.spec.template.spec.containers[0];
  assertEquals(checkBuilt(built, "gpu"), []);
  assertFault(
    faultsOf("gateway", "Deployment", (value) => container(value).securityContext = {}),
    "read-only",
  );
  assertFault(faultsOf("gateway", "Deployment", (value) => delete container(value).livenessProbe), "probes");
  assertFault(
    faultsOf("gateway", "Deployment", (value) => container(value).envFrom[0].configMapRef.name = "x"),
    "no ConfigMap x",
  );
  assertFault(
    faultsOf("gateway", "Deployment", (value) => container(value).volumeMounts[0].name = "x"),
    "no volume x",
  );
  assertFault(
    faultsOf("gateway", "Deployment", (value) => {
      const mount = container(value).volumeMounts.find(({ mountPath }: Value) =>
        mountPath.endsWith("gateway")
      );
      Object.assign(mount, { mountPath: `${mount.mountPath}/tokens.json`, subPath: "tokens.json" });
    }),
    "gateway must mount the folder of /run/secrets/gateway/tokens.json",
  );
  assertFault(
    faultsOf(
      "critic-train",
      "Deployment",
      (value) => value.spec.template.spec.volumes[1].secret.secretName = "cugro-gateway",
    ),
    "holds the secret",
  );
  assertFault(
    faultsOf(
      "critic-train",
      "Deployment",
      (value) => delete container(value).resources.limits["nvidia.com/gpu"],
    ),
    "0 GPUs",
  );
  assertFault(
    faultsOf("critic-train", "ScaledObject", ({ spec }) => spec.scaleTargetRef.name = "x"),
    "which is not there",
  );
  assertFault(
    faultsOf("critic-train", "ScaledObject", ({ spec }) => spec.triggers[0].metadata.consumer = "x"),
    "nothing scales",
  );
  assertFault(
    faultsOf("workers", "PodDisruptionBudget", ({ spec }) => spec.selector.matchLabels = { a: "b" }),
    "selects no pod",
  );
  assertFault(faultsOf("cugro", "ConfigMap", ({ data }) => data.CUGRO_STOER = "x"), "CUGRO_STOER");
  assertFault(
    faultsOf("cugro", "ConfigMap", ({ data }) => data.CUGRO_HTTP_PORT = "80"),
    "CUGRO_HTTP_PORT must be",
  );
  assertFault(
    faultsOf("gateway", "Deployment", (value) => container(value).ports[0].containerPort = 80),
    "gateway must have port 8080",
  );
  assertEquals(OVERLAYS.length, 2);
}

Deno.test("checkImages() finds another version than images.json has, an image that is not there, and another NATS than tests run", () => {
  assertEquals(checkImages(), []);
  const documents = imageDocuments();
  documents[0]!.value.services.nats.image = "nats:2.14.0-alpine";
  const [fault, ...others] = checkImages(documents);
  assertEquals(others, []);
  for (const part of ["infra/compose.yaml", "nats:2.14.0-alpine", "infra/images.json"]) {
    assertStringIncludes(fault!, part);
  }
  documents[0]!.value.services.nats.image = "example.org:5000/nats:2.15.2";
  assertFault(checkImages(documents), "image example.org:5000/nats must be in infra/images.json");
  assertFault(checkImages(imageDocuments(), "v2.16.0"), "nats must be a 2.16");
  const images = readImages();
  const faultsOf = (version: ImageVersion) =>
    checkImages(imageDocuments(), undefined, { ...images, nats: version });
  assertFault(faultsOf({ tag: "latest" }), "nats must have a tag with a version");
  assertFault(faultsOf({ tag: "2.15.2-alpine", digest: "sha256:1" }), "must be sha256: and 64 hex digits");
  assertFault(
    checkImages(imageDocuments(), undefined, { ...images, redis: { tag: "8.0" } }),
    "nothing uses redis",
  );
});

Deno.test("every service in compose has a limit of memory", () => {
  const file = compose();
  delete file.services.prometheus.mem_limit;
  assertEquals(checkCompose(file), [
    "infra/compose.yaml: service prometheus: must have a limit of memory (mem_limit)",
  ]);
});

Deno.test("makeSecrets() makes each secret once, for every user and service, and readable by nobody else", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const made = await makeSecrets(folder);
    assertEquals(made.length, Object.keys(natsUsers()).length + SERVICE_NAMES.length + 5);
    assertEquals(statSync(folder).mode & 0o077, 0);
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const before = read("kubernetes.yaml");
    assertEquals(await makeSecrets(folder), []);
    assertEquals(read("kubernetes.yaml"), before);
    assert(!read("tokens/tokens.json").includes(read("admin_token").trim()), "only the token's hash is kept");
    const kinds = parseDocuments(before, "kubernetes.yaml").map(({ value }) => value.kind);
    assertEquals(kinds.filter((kind) => kind === "Secret").length, SERVICE_NAMES.length + 1);
    const seeds = SERVICE_NAMES.map((service) => read(`${service}.seed`));
    assertEquals(new Set(seeds).size, SERVICE_NAMES.length);
    // Where versions up to 0.8 had them: tokens that are in use stay.
    renameSync(join(folder, "tokens/tokens.json"), join(folder, "tokens.json"));
    const tokens = read("tokens.json");
    assertEquals(await makeSecrets(folder), []);
    assertEquals(read("tokens/tokens.json"), tokens);
    assert(!existsSync(join(folder, "tokens.json")), "nobody changes a file that nobody reads");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

Deno.test("faultsOfQuery() finds metrics that nothing measures, and what Prometheus could not parse", () => {
  const known = new Set(["cugro_a", "cugro_b"]);
  assertEquals(faultsOfQuery("cugro_a < clamp_max(cugro_b, 100) - 10", known), []);
  assertEquals(faultsOfQuery('sum by (le) (rate(cugro_a_bucket{x=~"$x"}[$__rate_interval]))', known), []);
  assertFault(faultsOfQuery("cugro_a < cugro_c", known), "there is no metric cugro_c");
  for (const broken of ["cugro_a < < 10", "sum by (a cugro_a", "cugro_a[5 minutes]", "max_of(cugro_a)"]) {
    assertFault(faultsOfQuery(broken, known), "no PromQL from its character");
  }
});

Deno.test("the alert on average performance has the limits of the problem that says the same", () => {
  const rules = (readDocuments("prometheus/alerts.yaml")[0]!.value.groups as Value[])[0]!.rules as Value[];
  const { expr } = rules.find(({ alert }) => alert === "LearnerFalls")!;
  const { fall, good } = AVERAGE_ALERT;
  assertStringIncludes(String(expr), `clamp_max(cugro_learner_best_average_performance, ${good}) - ${fall}`);
});
