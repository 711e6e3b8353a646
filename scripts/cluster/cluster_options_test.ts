import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseCommand } from "./cluster_options.ts";

Deno.test("parseCommand() reads ports, counts, webhooks and a learner", () => {
  const { cluster, learner, quiet } = parseCommand([
    ...["--store", "folder", "--gateway", "2", "--critic-training", "0", "--port", "9000"],
    ...["--metrics-port", "9100", "--private-webhooks", "--learner", "mine", "--set", "gate=observe"],
  ]);
  assertEquals([cluster.store, cluster.processes, quiet], [
    "folder",
    { gateway: 2, "critic-training": 0 },
    false,
  ]);
  assertEquals(cluster.environment, { CUGRO_WEBHOOKS_PRIVATE: "allow" });
  const by = "--metrics-port";
  assertEquals(cluster.ports, {
    gateway: { port: 9000, by: "--port" },
    "dataset-import": { port: 9100, by },
    "state-generation": { port: 9101, by },
    "behavior-generation": { port: 9102, by },
    "policy-evaluation": { port: 9103, by },
    coordinator: { port: 9104, by },
    "gateway.1": { port: 9105, by },
  });
  assertEquals(learner, { name: "mine", seed: 0, preset: "default", overrides: { gate: "observe" } });
  assertEquals(parseCommand([]).learner, undefined);
  assertEquals([parseCommand([]).cluster.s3, parseCommand(["--s3", "minio"]).cluster.s3], [
    undefined,
    "minio",
  ]);
});

Deno.test("parseCommand() reads that all kinds of jobs are done together", () => {
  const { cluster } = parseCommand(["--together", "2", "--gateway", "2", "--metrics-port", "9100"]);
  assertEquals([cluster.together, cluster.processes], [2, { gateway: 2 }]);
  assertEquals(Object.keys(cluster.ports!), ["worker", "worker.1", "coordinator", "gateway.1"]);
});

Deno.test("parseCommand() refuses what is wrong before anything is started, in one sentence", () => {
  const cases: [string[], string][] = [
    [["--together", "2", "--critic-training", "1"], "give it or --critic-training, not both"],
    [["--together", "0"], "--together"],
    [["--learner", "p", "--preset", "smok"], "--preset must be one of"],
    [["--learner", "p", "--set", "gate=park"], "gate"],
    [["--learner", "p", "--set", "nothing=1"], "nothing"],
    [["--learner", "p", "--set", "stateSteps=9000"], "stateSteps is 9,000 and maxGeneratorSteps is 3,500"],
    [["--learner", "a/b"], "a/b"],
    [["--set", "gate=observe"], "--set is of a learner: name it with --learner"],
    [["--seed", "1"], "--seed is of a learner"],
    [["--store", "s3"], "--store must be bucket or folder"],
    [["--s3", "ceph"], "--s3 must be versity or minio"],
    [["--s3", "minio", "--store", "folder"], "--s3 serves a bucket"],
    [["--port", "70000"], "--port must be a port from 1 to 65535"],
    [["--port", "9000", "--gateway", "0"], "--port needs a gateway"],
    [["--store", "folder", "--s3-port", "9000"], "--s3-port needs a bucket"],
    [["--metrics-port", "65533"], "--metrics-port must leave room for 6 ports"],
  ];
  for (const [args, part] of cases) {
    const { message } = assertThrows(() => parseCommand(args), Error);
    assertStringIncludes(message, part);
    assertEquals(message.includes("Error"), false, message);
  }
});
