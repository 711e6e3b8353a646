/** Packages that need a Python of their own: the messages where it is missing. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { gymnasiumPython, withPython } from "../../../tests/fakes/gymnasium_python.ts";
import { adaptedPackage, META_WORLD } from "./adapted.ts";
import { GymnasiumUnavailable, noInterpreter } from "./gymnasium_faults.ts";
import { installLine, typedVenv } from "./interpreter.ts";
import { checkPackages, openGymnasium } from "./gymnasium_environment.ts";

const ID = "Meta-World/push-v3";
const FOLDER = typedVenv("metaworld");
const LINE = installLine(FOLDER, META_WORLD.requirements);
const THEN = `CUGRO_PYTHON=${FOLDER}/bin/python CUGRO_GYMNASIUM_PACKAGES=gymnasium,metaworld`;

Deno.test("the READMEs say the lines that make the Pythons as messages do on a machine of the usual kind", () => {
  const usual = { HOME: "/home/me" };
  const text = (room: string) => readFileSync(new URL(`../${room}/README.md`, import.meta.url), "utf8");
  assertStringIncludes(text("gymnasium"), installLine(typedVenv("gymnasium", usual)));
  const folder = typedVenv(META_WORLD.venv, usual);
  assertStringIncludes(text("metaworld"), installLine(folder, META_WORLD.requirements));
  assertStringIncludes(
    text("metaworld"),
    `CUGRO_PYTHON=${folder}/bin/python CUGRO_GYMNASIUM_PACKAGES=gymnasium,`,
  );
});

Deno.test("adaptedPackage() goes by what stands before the slash", () => {
  assertEquals(adaptedPackage(ID)?.module, "metaworld");
  for (const other of ["Hopper-v5", "Meta-Worlds/push-v3", "Meta-World", "x/Meta-World/push-v3"]) {
    assertEquals(adaptedPackage(other), undefined);
  }
});

Deno.test({
  name:
    "a task of Meta-World is not run without its Python, and the error holds the line that makes one, and the variable to set then",
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
