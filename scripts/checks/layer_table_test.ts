import { assertEquals, assertStringIncludes } from "@std/assert";
import { faultOfImport, roomOf, sizeRoomOf } from "./layer_table.ts";

Deno.test("the layer table lets rooms import what lies below them, and nothing beside or above", () => {
  const allowed = [
    ["shared/worker/worker.ts", "shared/store/mod.ts"],
    ["shared/algorithm/critic/critic_step.ts", "shared/tensors/seam.ts"],
    ["shared/algorithm/policy/create_policy.ts", "shared/algorithm/critic/critic_network.ts"],
    ["services/gateway/app.ts", "services/gateway/webhooks/hooks.ts"],
    ["services/coordinator/plan.ts", "shared/learners/mod.ts"],
    ["shared/client/schemas/learner_schemas.ts", "shared/algorithm/knobs/mod.ts"],
    ["scripts/cli/cugro.ts", "shared/report/mod.ts"],
    ["shared/store/store_test.ts", "tests/fakes/memory_store.ts"],
    ["shared/tensors/backend_wasm.ts", "npm:@tensorflow/tfjs-core"],
  ] as const;
  assertEquals(allowed.map(([from, to]) => faultOfImport(from, to)).filter(Boolean), []);
  const forbidden = [
    ["shared/bus/bus.ts", "shared/store/mod.ts"],
    ["shared/store/store.ts", "shared/bus/mod.ts"],
    ["shared/worker/worker.ts", "shared/process/mod.ts"],
    ["shared/process/config.ts", "shared/worker/mod.ts"],
    ["shared/algorithm/critic/critic_step.ts", "shared/tensors/mod.ts"],
    ["shared/algorithm/numerics/rng.ts", "shared/algorithm/critic/critic_step.ts"],
    ["shared/algorithm/diffusion/solver.ts", "shared/algorithm/policy/create_policy.ts"],
    ["services/gateway/webhooks/hooks.ts", "services/gateway/app.ts"],
    ["services/gateway/app.ts", "services/coordinator/mod.ts"],
    ["shared/learners/mod.ts", "services/coordinator/mod.ts"],
    ["shared/store/store.ts", "tests/fakes/memory_store.ts"],
    ["shared/store/store.ts", "npm:@tensorflow/tfjs-core"],
  ] as const;
  for (const [from, to] of forbidden) assertStringIncludes(faultOfImport(from, to) ?? "(allowed)", `${from}`);
});

Deno.test("roomOf() knows chapters and rooms inside a service; sizes of the rest count by folder", () => {
  assertEquals(["shared/algorithm/mod.ts", "shared/algorithm/replay/task_rows.ts"].map(roomOf), [
    "algorithm",
    "algorithm/replay",
  ]);
  assertEquals(
    ["services/services.ts", "services/gateway/webhooks/send.ts", "scripts/cli/cugro.ts"].map(roomOf),
    [
      "services",
      "services/gateway/webhooks",
      undefined,
    ],
  );
  const files = ["scripts/cli/cugro.ts", "scripts/cli/commands/run_command.ts", "infra/secrets.ts"];
  assertEquals(files.map(sizeRoomOf), ["scripts/cli", "scripts/cli/commands", "infra"]);
});
