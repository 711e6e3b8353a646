/** Python under a confined worker: what may start it, and what ends it. */
import { assertEquals, assertMatch } from "@std/assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { nativeLibraries } from "@cugro/tensors/native";
import { confine, ROOT } from "../../services/confined_process.ts";
import { SERVICE_NAMES, SERVICES } from "../../services/services.ts";
import { gymnasiumPython, misbehavingPython, PACKAGES } from "../fakes/gymnasium_python.ts";

const PROGRAM = fileURLToPath(new URL("confined_python.ts", import.meta.url));
/** Longer than a process needs to notice the end of a pipe, on any machine. */
const PATIENCE = 200;

/** Command lines of processes whose program lies in a folder. */
function runningIn(folder: string): string[] {
  const all = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.startsWith(folder));
}

Deno.test("only policy-evaluation may start a program, and no other than the interpreter that is named", () => {
  for (const name of SERVICE_NAMES) {
    const own = { CUGRO_STORE: "/store", CUGRO_PYTHON: "/venv/bin/python" };
    const { args, clear } = confine(SERVICES[name].access, own, name);
    clear();
    const expected = name === "policy-evaluation" ? ["--allow-run=/venv/bin/python"] : [];
    assertEquals(args.filter((flag) => flag.startsWith("--allow-run")), expected, name);
  }
});

Deno.test({
  name:
    "a confined worker runs environments, starts nothing once native code is loaded, and its environment dies with it",
  ignore: gymnasiumPython === undefined || nativeLibraries().length === 0,
  async fn() {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "cugro-confined-python-")));
    const own = {
      CUGRO_STORE: folder,
      CUGRO_PYTHON: misbehavingPython(folder),
      CUGRO_GYMNASIUM_PACKAGES: PACKAGES.join(","),
    };
    const confined = confine({ native: true, python: true }, own, "python");
    const child = new Deno.Command(process.execPath, {
      args: [...confined.args, PROGRAM],
      env: { ...confined.environment, AWS_SECRET_ACCESS_KEY: "operator's" },
      cwd: ROOT,
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    try {
      let text = "";
      for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (!text.includes("\n")) continue;
        // The launcher and the environment that it has left running.
        assertEquals(runningIn(folder).length, 2);
        child.kill("SIGKILL");
      }
      await child.status;
      const { hung, ...seen } = JSON.parse(text);
      assertEquals(seen, { starting: "NotCapable", after: [6], seen: [0, 0] });
      assertMatch(hung, /Hangs-v0 gave no answer in time and was ended/);
      for (let i = 0; i < PATIENCE && runningIn(folder).length > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assertEquals(runningIn(folder), []);
    } finally {
      confined.clear();
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
