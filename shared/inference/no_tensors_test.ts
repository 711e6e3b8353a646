import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { moduleGraph } from "../../scripts/checks/module_graph.ts";

/** All modules that are loaded with a file: what is imported for its types alone is not. */
function loadedWith(file: string): string[] {
  const { modules, redirects = {} } = moduleGraph(fileURLToPath(new URL("../..", import.meta.url)), [file]);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set<string>();
  const visit = (specifier: string) => {
    const name = redirects[specifier] ?? specifier;
    if (reached.has(name)) return;
    reached.add(name);
    for (const { code } of byName.get(name)?.dependencies ?? []) if (code) visit(code.specifier);
  };
  for (const module of modules) if (module.specifier.endsWith(file)) visit(module.specifier);
  return [...reached];
}

const isTensors = (specifier: string) => /tensorflow|tfjs|shared\/tensors/.test(specifier);

Deno.test("acting in this thread loads no tensor library", () => {
  const loaded = loadedWith("shared/inference/mod.ts");
  assert(loaded.some((specifier) => specifier.endsWith("algorithm/policy/action_noise.ts")), `${loaded}`);
  assertEquals(loaded.filter(isTensors), []);
  assert(
    loadedWith("shared/algorithm/mod.ts").some(isTensors),
    "what this test looks for is found where it is",
  );
});
