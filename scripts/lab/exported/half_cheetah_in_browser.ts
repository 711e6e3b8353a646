/**
 * A bundle of a cheetah-vel learner acts in a browser: MuJoCo in WebAssembly and the bundle's JavaScript loader, nothing else.
 *
 * deno run -A scripts/lab/exported/half_cheetah_in_browser.ts BUNDLE [--episodes 10] [--way sampler]
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findBrowser } from "../../setup/chromium.ts";
import { modelXml } from "../../../shared/environments/model_xml.ts";
import { ROBOTS } from "../../../shared/environments/robots.ts";

const { values: { episodes, way }, positionals: [bundle] } = parseArgs({
  options: { episodes: { type: "string", default: "10" }, way: { type: "string" } },
  allowPositionals: true,
});
const browserPath = findBrowser();
if (bundle === undefined || browserPath === undefined) {
  console.error("Name the folder of a bundle; and there must be a Chromium on the PATH");
  process.exit(1);
}

/** What the page runs: the robot's physics from its model, its start law, and the family's reward. */
const PAGE = `
import loadMujoco from "/mujoco/mujoco.js";
import { loadPolicy } from "/bundle/cugro_policy.mjs";

export async function run(task, episodes, way, { frameSkip, qpos0, halfRange, velocityScale, dt }) {
  const mujoco = await loadMujoco();
  const model = mujoco.MjModel.from_xml_string(await (await fetch("/model.xml")).text());
  const data = new mujoco.MjData(model);
  const policy = await loadPolicy(new URL("/bundle/", location.href));
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const returns = [];
  for (let episode = 0; episode < episodes; episode++) {
    mujoco.mj_resetData(model, data);
    data.qpos.set(qpos0.map((value) => value + halfRange * (2 * Math.random() - 1)));
    data.qvel.set(Array.from(data.qvel, () => velocityScale * normal()));
    mujoco.mj_forward(model, data);
    let total = 0;
    for (let step = 0; step < task.horizon; step++) {
      const action = policy.act([...data.qpos.slice(1), ...data.qvel], task.task, way ? { way } : {});
      const before = data.qpos[0];
      data.ctrl.set(action);
      for (let i = 0; i < frameSkip; i++) mujoco.mj_step(model, data);
      const speed = (data.qpos[0] - before) / dt;
      total += -Math.abs(speed - task.environment.goal[0]) - 0.05 * action.reduce((sum, a) => sum + a * a, 0);
    }
    returns.push(total);
  }
  return returns;
}
`;

const robot = ROBOTS.half_cheetah;
const mujoco = fileURLToPath(new URL("../../../node_modules/@mujoco/mujoco", import.meta.url));
const TYPES: Record<string, string> = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  const path = new URL(request.url).pathname;
  const name = basename(path);
  const typed = (body: BodyInit, type: string) => new Response(body, { headers: { "content-type": type } });
  if (path === "/") return typed("<!doctype html>", "text/html");
  if (path === "/page.js") return typed(PAGE, "text/javascript");
  if (path === "/model.xml") return typed(modelXml(robot), "text/xml");
  const folder = path.startsWith("/bundle/") ? bundle : mujoco;
  const body = await readFile(join(folder, name)).catch(() => undefined);
  if (body === undefined) return new Response(null, { status: 404 });
  return typed(new Uint8Array(body), TYPES[name.split(".").at(-1)!] ?? "application/octet-stream");
});

interface CheetahTask {
  task: number;
  anchors: { random: number; good: number };
}

const { tasks } = JSON.parse(await readFile(join(bundle, "bundle.json"), "utf8")) as { tasks: CheetahTask[] };
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.on("console", (message) => console.error(message.text()));
await page.goto(`http://127.0.0.1:${server.addr.port}/`);
const physics = {
  ...{ frameSkip: robot.frameSkip, qpos0: robot.initialQpos, halfRange: robot.reset.qposHalfRange },
  ...{ velocityScale: robot.reset.qvelScale, dt: robot.options.timestep * robot.frameSkip },
};
for (const task of tasks) {
  const call = [task, Number(episodes), way ?? null, physics].map((one) => JSON.stringify(one)).join(", ");
  const began = performance.now();
  const returns = await page.evaluate(`import("/page.js").then(({ run }) => run(${call}))`) as number[];
  const { random, good } = task.anchors;
  const scores = returns.map((one) => 100 * (one - random) / (good - random));
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
  const error = Math.sqrt(variance / scores.length);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `task ${task.task}: score ${mean.toFixed(1)}, standard error ${
      error.toFixed(1)
    }, ${scores.length} episodes, ${seconds} s`,
  );
}
await browser.close();
await server.shutdown();
