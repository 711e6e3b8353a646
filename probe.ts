import { publishExample } from "./scripts/lab/experiments/example_learner.ts";
import { openBackend } from "@cugro/tensors";
import { openFilesystemStore } from "@cugro/store";
import { openActing, openPolicy } from "@cugro/serving";
import { createLog } from "@cugro/telemetry";
const root = await Deno.makeTempDir();
const store = await openFilesystemStore({ root });
await openBackend();
for (const [name, way] of [["a", "actor"], ["p", "proposer"]] as const) {
  await publishExample({ store, name, preset: "default", stateDim: 17, actionDim: 6, acting: [way] });
}
const acting = await openActing({ store, log: createLog({ level: "warn" }) });
const obs = (n: number) =>
  Array.from({ length: n }, (_, r) => Array.from({ length: 17 }, (_, i) => Math.sin(i + r)));
const q = (v: number[], p: number) => v.sort((a, b) => a - b)[Math.floor(p * v.length)].toFixed(3);
for (const name of ["a", "p"]) {
  const b0 = performance.now();
  await acting.about(name);
  console.log(name, "open ms", (performance.now() - b0).toFixed(1));
  for (const rows of [1, 4, 16, 64]) {
    const o = obs(rows);
    for (let i = 0; i < 50; i++) await acting.act(name, { task: 1, observations: o, seed: i });
    const t: number[] = [];
    for (let i = 0; i < (rows > 16 ? 100 : 400); i++) {
      const b = performance.now();
      await acting.act(name, { task: 1, observations: o, seed: i });
      t.push(performance.now() - b);
    }
    console.log(name, rows, "p50", q(t, .5), "p99", q(t, .99));
  }
}
const alone = await openPolicy(store, "p", {
  compile: () => {
    throw new Error("no");
  },
});
const o = obs(64);
const got = (await acting.act("p", { task: 1, observations: o, seed: 9 })).actions.flat();
const want = [...await alone.policy.act(1, Float32Array.from(o.flat()), 9)];
console.log("same", got.every((x, i) => x === want[i]), got.length);
const b = performance.now();
await acting.act("p", { task: 1, observations: obs(4096), seed: 1 });
console.log("4096 proposer", performance.now() - b);
console.log(
  (await acting.act("p", { task: 1, observations: obs(1), seed: 1, acting: "sampler" })).acting,
  acting.opened().map((x) => [x.learner, x.version, x.opened]),
);
await acting.close();
await store.close();
