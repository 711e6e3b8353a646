/**
 * A process with the permissions of `policy-evaluation`: it starts Python, gives up the right to start programs, loads native
 * code, and runs environments. What it saw goes to stdout; an environment is left running.
 * @module
 */
import { spawn } from "node:child_process";
import { openGymnasium, runEpisodes } from "@cugro/environments/gymnasium";
import { readConfig } from "@cugro/process";
import { openCompute } from "@cugro/tensors";
import { startConfiguredPython } from "../../services/start_python.ts";

const config = readConfig();
const { packages } = config.gymnasium;
const python = startConfiguredPython(config)!;
void Deno.permissions.revoke({ name: "run" });
await openCompute({ backend: config.backend });

const walks = async (id: string) => {
  const { lengths } = await runEpisodes(python, {
    packages,
    spec: { gymnasium: id },
    horizon: 6,
    seeds: [2],
    limits: { stepMs: 200 },
    expected: { stateDim: 2, actionDim: 1 },
    startActing: () => () => new Float32Array(1),
  });
  return lengths;
};
const starting = await new Promise<string>((resolve) => {
  try {
    spawn(python.python, ["-c", "pass"]).on("error", (error) => resolve(error.name)).on(
      "exit",
      () => resolve("ran"),
    );
  } catch (error) {
    resolve((error as Error).name);
  }
});
const hung = await walks("misbehaving/Hangs-v0").catch((error: Error) => error.message);
const after = await walks("misbehaving/Walk-v0");
const looks = await openGymnasium(python, {
  packages,
  spec: { gymnasium: "misbehaving/Looks-v0" },
  size: 1,
  horizon: 6,
});
const seen = [...(await looks.reset([1])).states];
console.log(JSON.stringify({ starting, hung, after, seen }));
setInterval(() => {}, 1_000);
