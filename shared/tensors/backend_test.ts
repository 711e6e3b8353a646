import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { existsSync } from "node:fs";
import { openBackend, type Profile, profileId } from "./backend.ts";
import { nativeCpuFlags } from "./backend_native.ts";
import { nativeInstalled } from "./native_files.ts";
import { cpuFeatures } from "./backend_profile.ts";

const BACKEND = new URL("backend.ts", import.meta.url).href;
const COMPUTE = new URL("open_compute.ts", import.meta.url).href;

/** Runs a program in a fresh process: a process opens one backend in its life. */
async function inProcess(
  code: string,
  env: Record<string, string> = {},
): Promise<{ out: string; err: string; ok: boolean }> {
  const program = `import { openBackend, profileId } from ${JSON.stringify(BACKEND)};\n${code}`;
  const clear = { CUGRO_BACKEND: "", CUGRO_DEVICE: "", CUGRO_COMPILE: "", CUGRO_NATIVE_LOG: "" };
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    env: { ...clear, ...env },
  });
  const { stdout, stderr, success } = await command.output();
  return {
    out: new TextDecoder().decode(stdout).trim(),
    err: new TextDecoder().decode(stderr).trim(),
    ok: success,
  };
}

Deno.test("profileId() tells profiles apart by each of their fields", () => {
  const profile: Profile = {
    backend: "native-cpu",
    library: "x+1",
    cpuFeatures: "f",
    threads: 1,
    compile: true,
  };
  const others: Partial<Profile>[] = [{ backend: "wasm" }, { library: "x+2" }, { cpuFeatures: "g" }, {
    threads: 2,
  }, {
    compile: false,
  }];
  const ids = [profile, ...others.map((o) => ({ ...profile, ...o }))].map(profileId);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(profileId({ ...profile }), ids[0]);
});

Deno.test("cpuFeatures() is short and stable", () => {
  assertMatch(cpuFeatures(), /^[0-9a-f]{8}$/);
  assertEquals(cpuFeatures(), cpuFeatures());
});

Deno.test("cpuFeatures() is of the flags in any order, and the processor's own from native code as from /proc", () => {
  assertEquals(cpuFeatures(" avx2 fma  avx\n"), cpuFeatures("avx avx2 fma"));
  assertNotEquals(cpuFeatures("avx avx2"), cpuFeatures("avx"));
  if (nativeInstalled()) assertEquals(cpuFeatures(nativeCpuFlags()), cpuFeatures());
});

Deno.test("cpuFeatures() of a processor that does not tell is equal to nothing but this process's", async () => {
  const own = cpuFeatures("");
  assertMatch(own, /^unknown-[0-9a-f]{8}$/);
  assertEquals(cpuFeatures(" "), own);
  const profile = JSON.stringify(new URL("backend_profile.ts", import.meta.url).href);
  const other = await inProcess(
    `const { cpuFeatures } = await import(${profile}); console.log(cpuFeatures(""));`,
  );
  assertMatch(other.out, /^unknown-/);
  assertNotEquals(other.out, own);
});

Deno.test("openBackend() refuses unknown values of its variables, and a GPU with WASM", async () => {
  for (const name of ["CUGRO_DEVICE", "CUGRO_BACKEND", "CUGRO_COMPILE", "CUGRO_NATIVE_LOG"]) {
    const before = Deno.env.get(name);
    Deno.env.set(name, "tpu");
    try {
      await assertRejects(() => openBackend(), RangeError, `Cannot use ${name} as it must be`);
    } finally {
      if (before === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before);
    }
  }
  await assertRejects(() => openBackend({ backend: "wasm", device: "gpu" }), RangeError, "GPU");
});

Deno.test({
  name: "openBackend() computes natively, the same bytes in every process, and says nothing",
  ignore: !nativeInstalled(),
  async fn() {
    const code = `const backend = await openBackend(); const tf = await import("tf");
      const x = tf.sin(tf.range(0, 300 * 300, 1)).reshape([300, 300]);
      const bytes = tf.softmax(tf.matMul(x, x, true)).dataSync();
      const hash = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))).join();
      console.log(JSON.stringify([profileId(backend.profile), backend.name, backend.threads, backend.warning ?? "", hash]));`;
    const [first, second] = [await inProcess(code), await inProcess(code)];
    assert(first.ok, first.err);
    assertEquals(first.out, second.out);
    assertEquals(first.err, "");
    const [profile, name, threads, warning] = JSON.parse(first.out);
    assertMatch(profile, /^native-cpu\/tensorflow.*\+[0-9a-f]{12}\/[0-9a-f]{8}\/t1\/compiled$/);
    assertEquals([name, threads, warning], ["native", 1, ""]);
  },
});

Deno.test({
  name: "openBackend() computes on one thread",
  ignore: !nativeInstalled() || !existsSync("/proc/self/task"),
  async fn() {
    // Processor time by thread: all but the main thread's must stay near nothing while matrices are multiplied.
    const { out, err, ok } = await inProcess(`await openBackend(); const tf = await import("tf");
      const ticks = () => Object.fromEntries([...Deno.readDirSync("/proc/self/task")].map(({ name }) => {
        const fields = Deno.readTextFileSync("/proc/self/task/" + name + "/stat").split(") ")[1].split(" ");
        return [name, Number(fields[11])];
      }));
      const before = ticks(); const x = tf.ones([1024, 1024]);
      for (let i = 0; i < 12; i++) tf.tidy(() => { tf.matMul(x, x).dataSync(); });
      const after = ticks();
      console.log(JSON.stringify(Object.keys(after).map((id) => [id === String(Deno.pid), after[id] - (before[id] ?? 0)])));`);
    assert(ok, err);
    const spent = JSON.parse(out) as [boolean, number][];
    const main = spent.filter(([isMain]) => isMain).reduce((sum, [, ticks]) => sum + ticks, 0);
    const others = spent.filter(([isMain]) => !isMain).reduce((sum, [, ticks]) => sum + ticks, 0);
    assert(main > 4 * others, `main thread ${main} ticks, others ${others}`);
  },
});

Deno.test({
  name: "openCompute() compiles unless CUGRO_COMPILE or its caller says no, and the profile says which",
  ignore: !nativeInstalled(),
  async fn() {
    const seam = JSON.stringify(new URL("seam.ts", import.meta.url).href);
    const code = `const { openCompute } = await import(${JSON.stringify(COMPUTE)});
      const { eager } = await import(${seam});
      const show = ({ profile, compile }) => [profile.compile, compile === eager];
      const opened = [await openCompute(), await openCompute({ compile: true }), await openCompute({ compile: false })];
      console.log(JSON.stringify([profileId(opened[0].profile).split("/").at(-1), ...opened.map(show)]));`;
    const [on, off] = [[true, false], [false, true]];
    for (const word of ["0", "off"]) {
      const { out, err } = await inProcess(code, { CUGRO_COMPILE: word });
      assertEquals(JSON.parse(out || "[]"), ["eager", off, on, off], err);
    }
    assertEquals(JSON.parse((await inProcess(code)).out), ["compiled", on, on, off]);
  },
});

Deno.test({
  name: "a GPU that was asked for and is not used is an error that says what to do",
  ignore: !nativeInstalled() || existsSync("/proc/driver/nvidia/gpus"),
  async fn() {
    const { err, ok } = await inProcess("await openBackend()", { CUGRO_DEVICE: "gpu" });
    assertEquals(ok, false);
    assertStringIncludes(err, "A GPU was asked for and libtensorflow does not use one");
    assertStringIncludes(err, "CUGRO_DEVICE=gpu");
  },
});

Deno.test("a process opens one backend: asking for another one later is an error", async () => {
  const { err, ok } = await inProcess(
    `await openBackend({ backend: "wasm" }); await openBackend({ backend: "native" }).catch((e) => { console.error(e.message); });
     const again = await openBackend({ backend: "wasm" }); if (again.name !== "wasm") throw new Error("other backend");`,
  );
  assert(ok, err);
  assertStringIncludes(err, "this process has opened wasm on cpu");
});
