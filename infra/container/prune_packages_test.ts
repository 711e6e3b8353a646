/** What the image keeps of the packages is enough: the native backend computes with it, and services import nothing else. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nativeInstalled } from "@cugro/tensors/native";
import { moduleGraph } from "../../scripts/checks/module_graph.ts";
import { runCommand } from "../../scripts/setup/run_program.ts";
import { ROOT } from "../../services/confined_process.ts";
import { loadedPackages, prunePackages, TOOLS, unusedPackages } from "./prune_packages.ts";

const MODULES = join(ROOT, "node_modules");

const TENSORS = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"];

/** A clone with these packages alone. */
async function cloneWith(folder: string, packages: Iterable<string>): Promise<void> {
  const filter = (path: string) => !/\.md$|_test\.ts$|\/results$|\/node_modules$/.test(path);
  for (const part of ["deno.json", "deno.lock", "shared", "services", "scripts/setup", "tests/std_assert"]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter });
  }
  const store = join(folder, "node_modules", ".deno");
  mkdirSync(store, { recursive: true });
  // Hard links: nothing is copied. `node_modules` there has links for those who import what they do not declare.
  const from = [...packages, "node_modules"].map((name) => join(MODULES, ".deno", name));
  assertEquals((await runCommand("cp", ["-al", ...from, store])).code, 0);
  mkdirSync(join(folder, "node_modules", "@tensorflow"));
  for (const name of TENSORS) {
    symlinkSync(readlinkSync(join(MODULES, name)), join(folder, "node_modules", name));
  }
}

Deno.test({
  name:
    "the native backend computes without the packages that the image leaves out; without another it does not",
  ignore: !nativeInstalled(),
  async fn() {
    const unused = unusedPackages(MODULES);
    for (
      const name of ["tar", "adm-zip", "rimraf", "core-js", "glob", "inflight", "@scarf+scarf", "typescript"]
    ) {
      assert(unused.some((entry) => entry.startsWith(`${name}@`)), name);
    }
    const folder = mkdtempSync(join(tmpdir(), "cugro-packages-"));
    const test = () =>
      runCommand(Deno.execPath(), [
        "run",
        "-A",
        "--cached-only",
        join(folder, "scripts/setup/check_backend.ts"),
      ], {
        CUGRO_BACKEND: "native",
      });
    try {
      const loaded = loadedPackages(MODULES, TENSORS);
      assertEquals(unused.filter((name) => loaded.has(name)), []);
      await cloneWith(folder, loaded);
      const { stdout, stderr } = await test();
      assertStringIncludes(stdout, "native-cpu/", stderr);
      rmSync(join(folder, "node_modules", ".deno", "progress@2.0.3"), { recursive: true });
      assertStringIncludes((await test()).stderr, "Cannot find module 'progress'");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

Deno.test("services import none of the packages that are tools", () => {
  const entries = [
    "services/*/m*.ts",
    "shared/serving/policy_worker.ts",
    "shared/datasets/isolated/reader_worker.ts",
  ]
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  const imported = new Set(
    moduleGraph(ROOT, entries).modules.flatMap(({ dependencies = [] }) =>
      dependencies.filter(({ code }) => code !== undefined).map(({ specifier }) => specifier)
    ),
  );
  assert(imported.has("@aws-sdk/client-s3"), [...imported].join());
  assertEquals(
    TOOLS.filter((tool) => [...imported].some((one) => one === tool || one.startsWith(`${tool}/`))),
    [],
  );
});

Deno.test("prunePackages() removes packages and the links to them, and keeps what the others need", () => {
  const folder = mkdtempSync(join(tmpdir(), "cugro-packages-"));
  const place = (name: string, owner = name) =>
    join(folder, ".deno", `${owner.replace("/", "+")}@1.0.0`, "node_modules", name);
  const link = (target: string, path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  };
  try {
    for (const name of ["yaml", "only-yaml", "both", "@tensorflow/tfjs", "chalk"]) {
      mkdirSync(place(name), { recursive: true });
      writeFileSync(join(place(name), "package.json"), "{}");
    }
    for (const name of ["yaml", "@tensorflow/tfjs"]) link(place(name), join(folder, name));
    for (const name of ["only-yaml", "both"]) link(place(name), place(name, "yaml"));
    for (const name of ["chalk", "both"]) link(place(name), place(name, "@tensorflow/tfjs"));
    assertEquals(prunePackages(folder), ["chalk@1.0.0", "only-yaml@1.0.0", "yaml@1.0.0"]);
    assertEquals(existsSync(join(place("both", "@tensorflow/tfjs"), "package.json")), true);
    assertEquals(readdirSync(join(folder, ".deno", "@tensorflow+tfjs@1.0.0", "node_modules")).sort(), [
      "@tensorflow",
      "both",
    ]);
    assertEquals(readdirSync(folder).filter((name) => name !== ".deno"), ["@tensorflow"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
