/**
 * Environment steps per second of 20 HalfCheetah-v5 through the bridge, in turns with one process of Python that steps
 * them in Gymnasium's own `SyncVectorEnv`.
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openGymnasium, REQUIREMENTS, startPython } from "@cugro/environments/gymnasium";
import { pythonWith } from "../../setup/python_venv.ts";
import { type Group, median } from "./measure.ts";

const COPIES = 20;
const ACTIONS = 6;
/** Steps of all copies in a turn; the two are compared turn by turn. */
const TURN = 50;
const SYNC = fileURLToPath(new URL("sync_vector_env.py", import.meta.url));

/** The group `gymnasium`. */
export const gymnasium: Group = {
  name: "gymnasium",
  yardstick: [],
  async open({ quick }) {
    const made = await pythonWith(REQUIREMENTS);
    if ("missing" in made) throw new Error(made.missing);
    const python = startPython(made);
    const spec = { gymnasium: "HalfCheetah-v5" };
    const bridge = await openGymnasium(python, {
      packages: ["gymnasium"],
      spec,
      size: COPIES,
      horizon: 1000,
    });
    const sync = startSync(made.python);
    await sync.seconds();
    const turns = quick ? 12 : 60;
    return {
      async measure() {
        const [ours, theirs]: [number[], number[]] = [[], []];
        for (let turn = 0; turn < turns; turn++) {
          ours.push(await bridgeSeconds(bridge));
          sync.ask(TURN);
          theirs.push(await sync.seconds());
        }
        const rate = (seconds: number) => COPIES * TURN / seconds;
        return {
          bridgeStepsPerSecond: rate(median(ours)),
          syncStepsPerSecond: rate(median(theirs)),
          bridgeToSync: median(ours.map((seconds, turn) => theirs[turn]! / seconds)),
        };
      },
      async close() {
        sync.stop();
        await python.stop();
      },
    };
  },
};

type Bridge = Awaited<ReturnType<typeof openGymnasium>>;

/** No episode ends meanwhile: they begin again in each turn. */
async function bridgeSeconds(bridge: Bridge): Promise<number> {
  await bridge.reset(Array.from({ length: COPIES }, (_, i) => i));
  const actions = Float32Array.from({ length: COPIES * ACTIONS }, (_, i) => Math.sin(i));
  const began = performance.now();
  for (let step = 0; step < TURN; step++) await bridge.step(actions);
  return (performance.now() - began) / 1000;
}

function startSync(python: string) {
  const child = spawn(python, ["-I", SYNC], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin", OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MUJOCO_GL: "disable" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: (steps: number) => void child.stdin.write(`${steps}\n`),
    seconds: async () => Number((await lines.next()).value),
    stop: () => child.stdin.end(),
  };
}
