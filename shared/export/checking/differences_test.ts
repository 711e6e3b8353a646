import { assertEquals } from "@std/assert";
import type { Hyperparameters } from "@cugro/algorithm";
import { modelBytes } from "../graphs/decision_graphs.ts";
import { openOnnxModel } from "../onnx/runtime.ts";
import { partsOf } from "../parts.ts";
import { examplePolicy, EXAMPLES } from "../testing/example_policy.ts";
import { readyOnnxRuntime } from "../testing/ready_runtime.ts";
import { askModel, modelInputs } from "./ask_model.ts";
import { rowErrors, undecidedRows } from "./differences.ts";
import { randomInputs } from "./inputs.ts";

const ignore = !await readyOnnxRuntime();

Deno.test(
  "undecidedRows() takes what weights lose for open, and a difference that no rounding explains for wrong",
  { ignore },
  async () => {
    const kind = EXAMPLES["residual network, two groups of candidates"]!;
    const openAmong = async (difference: number, knobs: Partial<Hyperparameters>) => {
      const parts = partsOf(examplePolicy({ ...kind, knobs: { ...kind.knobs, ...knobs } }));
      const [own] = randomInputs(parts, 60, 3);
      const model = await openOnnxModel(modelBytes(parts, "proposer", {})!);
      try {
        const inputs = modelInputs("proposer", parts, own!);
        const outputs = await askModel(model, inputs, parts.knobs.candidates);
        const others = { action: outputs.action!.map((value) => value + difference) };
        const far = new Map(rowErrors(parts, own!.task, others, outputs).entries());
        return (await undecidedRows({ model, parts, task: own!.task, inputs, outputs }, far)).size;
      } finally {
        await model.close();
      }
    };
    const soft = { selection: "soft" } as const;
    assertEquals(
      await openAmong(1e-4, { ...soft, inverseTemperature: 1_000 }),
      20,
      "of the first of three tasks",
    );
    assertEquals(await openAmong(1e-4, { ...soft, inverseTemperature: 10 }), 0);
    assertEquals(await openAmong(0.1, { ...soft, inverseTemperature: 1_000 }), 0);
    assertEquals(await openAmong(0.1, { selection: "top", topCount: 1 }), 0);
    assertEquals(await openAmong(NaN, soft), 0);
  },
);
