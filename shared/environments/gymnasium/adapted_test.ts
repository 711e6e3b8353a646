/** Packages that need a Python of their own: what is said where it is not there. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gymnasiumPython, withPython } from "../../../tests/fakes/python.ts";
import { adaptedPackage } from "./adapted.ts";
import { GymnasiumUnavailable, noInterpreter } from "./faults.ts";
import { checkPackages, openGymnasium } from "./gymnasium_environment.ts";

const ID = "Meta-World/push-v3";
const LINE =
  "python3 -m venv ~/.cache/cugro/metaworld && ~/.cache/cugro/metaworld/bin/python -m pip install 'metaworld==";
const THEN = "CUGRO_GYMNASIUM_PACKAGES=gymnasium,metaworld";

Deno.test("adaptedPackage() goes by what stands before the slash", () => {
  assertEquals(adaptedPackage(ID)?.module, "metaworld");
  for (const other of ["Hopper-v5", "Meta-Worlds/push-v3", "Meta-World", "x/Meta-World/push-v3"]) {
    assertEquals(adaptedPackage(other), undefined);
  }
});

Deno.test({
  name:
    "a task of Meta-World is not run without its Python, and the line that makes one is said, as is what to set then",
  ignore: gymnasiumPython === undefined,
  fn: () =>
    withPython(async (python) => {
      const spec = { gymnasium: ID };
      const asked = (packages: string[]) => openGymnasium(python, { spec, size: 1, horizon: 5, packages });
      const messages = [
        noInterpreter(ID).message,
        (await assertRejects(() => asked(["gymnasium"]), GymnasiumUnavailable, "register no such")).message,
        (await assertRejects(() => asked(["gymnasium", "metaworld"]), GymnasiumUnavailable, "imported"))
          .message,
        (await assertRejects(
          () => checkPackages(python, { packages: ["gymnasium", "metaworld"] }),
          GymnasiumUnavailable,
        )).message,
      ];
      for (const message of messages) {
        assertStringIncludes(message, LINE);
        assertStringIncludes(message, THEN);
      }
    }),
});
