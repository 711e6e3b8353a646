import { DatasetError, encodeDataset, writeHdf5 } from "@cugro/datasets";
import type { GymnasiumSpec } from "@cugro/protocol";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { judgeFile } from "./judge_file.ts";

function naming(environment: GymnasiumSpec) {
  const dataset = exampleDataset(20, 10);
  return { ...dataset, metadata: { ...dataset.metadata, environment } };
}

Deno.test("judgeFile() takes the environment that a file names, in every format, or the one that is told", async () => {
  const environment = { gymnasium: "Hopper-v5", kwargs: { ctrl_cost_weight: 0.2 } };
  for (const bytes of [encodeDataset(naming(environment)), await writeHdf5(naming(environment))]) {
    assertEquals((await judgeFile(bytes.slice(), "f")).environment, environment);
    const other = { gymnasium: "Walker2d-v5" };
    assertEquals((await judgeFile(bytes.slice(), "f", { environment: other })).environment, other);
    assertEquals((await judgeFile(bytes.slice(), "f", { environment: "none" })).environment, null);
  }
});

Deno.test("judgeFile() does not believe a stranger's environment: it is learnt without, with a notice; an operator may trust", async () => {
  for (const kwargs of [{ xml_file: "/etc/passwd" }, { env_id: "evil:Env-v0" }, { map: [[1]] }]) {
    const environment = { gymnasium: "Env-v0", kwargs };
    const bytes = encodeDataset(naming(environment));
    const judged = await judgeFile(bytes.slice(), "f");
    assertEquals(judged.environment, null);
    const [notice] = judged.notices.filter(({ code }) => code === "environment-not-run");
    assertStringIncludes(notice!.message, "is no number, no truth value and no short text without slashes");
    assertStringIncludes(notice!.advice, "--trust-environments");
    const strict = () => judgeFile(bytes.slice(), "f", { strict: true });
    await assertRejects(strict, DatasetError, "field @environment");
    assertEquals((await judgeFile(bytes.slice(), "f", {}, "any")).environment, environment);
  }
});
