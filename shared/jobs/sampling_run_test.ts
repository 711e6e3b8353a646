import { assertEquals } from "@std/assert";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { resumableSampling } from "./sampling_run.ts";

Deno.test("resumableSampling() hands a sampling that was cut off what it had drawn", async () => {
  const resumed: (Float32Array | undefined)[] = [];
  const handlers: Parameters<typeof withJobs>[0] = {
    "states.sample": async (context) => {
      const { resume, onProgress } = resumableSampling(context);
      resumed.push(resume);
      const drawn = resume ?? new Float32Array(0);
      const next = Float32Array.of(...drawn, 10 * drawn.length + 1, -0.5);
      await onProgress!(next.length / 2, 3, () => next);
      if (next.length < 6) throw new Error("the power went");
      return { outputs: { shard: new Uint8Array(next.buffer) }, metrics: {} };
    },
  };
  await withJobs(handlers, {}, async ({ run }) => {
    const inputs = { stateGenerator: new Uint8Array(1), normaliser: new Uint8Array(2) };
    const { outputs, attempts } = await run("states.sample", { task: 1, shard: 0, rows: 3 }, inputs);
    assertEquals(attempts, 3);
    assertEquals(resumed, [undefined, Float32Array.of(1, -0.5), Float32Array.of(1, -0.5, 21, -0.5)]);
    assertEquals(
      new Float32Array(outputs.shard!.slice().buffer),
      Float32Array.of(1, -0.5, 21, -0.5, 41, -0.5),
    );
  }, 1);
});
