import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { type Dynamics, WALKER_DYNAMICS } from "./dynamics.ts";
import { familyInfo, resolveTask, type RobotFamily } from "./families.ts";
import { isHealthy, observationSize, observe } from "./laws.ts";
import walkerParams from "./models/walker_params.json" with { type: "json" };
import { rewardOf } from "./rewards.ts";
import { ROBOTS } from "./robots.ts";
import { RobotModel, type Simulation } from "./simulation.ts";
import traces from "./testdata/walker_params.traces.json" with { type: "json" };
import { openVectorEnvironment } from "./vector_environment.ts";

type Trajectory = typeof traces.tasks[number]["trajectories"][number];

const ROBOT = ROBOTS.walker2d;
/** Seen: 5e-11, which is the rounding of the references to 12 digits. */
const TOLERANCE = 1e-9;

function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  assertEquals(actual.length, expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
}

function follow(simulation: Simulation, goal: number[], { qpos0, qvel0, ...rows }: Trajectory): void {
  const { reward } = resolveTask({ family: traces.family, goal }).family as RobotFamily;
  const dt = ROBOT.options.timestep * ROBOT.frameSkip;
  const observation = new Float32Array(observationSize(ROBOT));
  simulation.setState(qpos0, qvel0);
  rows.actions.forEach((action, t) => {
    const before = simulation.qpos[0]!;
    simulation.step(action);
    const at = `task ${goal}, ${rows.name}, step ${t + 1}`;
    assert(largestError(simulation.qpos, rows.qpos[t]!) < TOLERANCE, at);
    assert(largestError(simulation.qvel, rows.qvel[t]!) < TOLERANCE, at);
    assertEquals(simulation.contactCount, rows.contacts[t]!, at);
    observe(ROBOT, simulation, observation, 0);
    assert(largestError(observation, rows.observations[t]!) < 1e-6, at);
    assertEquals(!isHealthy(ROBOT, simulation), rows.terminated[t]!, at);
    const velocity = (simulation.qpos[0]! - before) / dt;
    assertAlmostEquals(rewardOf(reward, goal, velocity, 9, action), rows.rewards[t]![0]!, 1e-8, at);
  });
}

for (const { goal, compiled: wanted, trajectories } of traces.tasks) {
  Deno.test(`walker-params ${goal} follows native MuJoCo: derived values and trajectories`, async () => {
    const { family, dynamics } = resolveTask({ family: traces.family, goal });
    const model = await RobotModel.compile((family as RobotFamily).robot, dynamics);
    const { compiled } = model;
    const relative = (actual: ArrayLike<number>, expected: readonly number[]) =>
      expected.forEach((value, i) => assertAlmostEquals(actual[i]! / value, 1, 1e-11));
    const masses = Array.from(compiled.body_mass as Float64Array);
    relative([masses.reduce((sum, mass) => sum + mass, 0)], [wanted.totalMass]);
    relative((compiled.body_invweight0 as Float64Array).slice(2), wanted.bodyInvweight0.flat());
    relative(compiled.dof_invweight0, wanted.dofInvweight0);
    relative(compiled.dof_M0, wanted.dofM0);
    relative(compiled.actuator_acc0, wanted.actuatorAcc0);
    relative([compiled.stat.meaninertia], [wanted.meanInertia]);
    const simulation = model.openSimulation();
    assert(trajectories.length >= 2);
    for (const trajectory of trajectories) follow(simulation, goal, trajectory);
    simulation.close();
    model.close();
  });
}

Deno.test("WALKER_DYNAMICS obeys the stated law, in the order of the robot's bodies, joints and geoms", () => {
  const bodies = ROBOT.bodies.map(({ name }) => name);
  assertEquals(walkerParams.bodies, bodies);
  assertEquals(walkerParams.joints, ROBOT.actuators.map(({ joint }) => joint));
  assertEquals(walkerParams.joints, ROBOT.joints.slice(-6).map(({ name }) => name));
  assertEquals(walkerParams.geoms, ROBOT.geoms.map(({ name }) => name));
  const exponents = (values: number[], own: number[], base: number) =>
    values.map((value, i) => Math.log(value / own[i]!) / Math.log(base));
  const of = (rows: readonly { readonly [name: string]: unknown }[], name: string) =>
    rows.flatMap((row) => row[name] as number[]);
  const all = WALKER_DYNAMICS.flatMap(({ inertia, friction }) => [
    ...exponents(inertia.flat(), of(ROBOT.bodies as never, "diaginertia"), 1.5),
    ...exponents(friction.flat(), of(ROBOT.geoms as never, "friction"), 1.5),
  ]);
  assertEquals(all.length, 5 * 3 * (7 + 8));
  assert(all.every((u) => Math.abs(u) <= 3 + 1e-3));
  // Uniform in [-3, 3]: mean 0, variance 3.
  assertAlmostEquals(all.reduce((sum, u) => sum + u, 0) / all.length, 0, 0.4);
  assertAlmostEquals(all.reduce((sum, u) => sum + u * u, 0) / all.length, 3, 0.5);
});

Deno.test("openVectorEnvironment() gives each task of walker-params its own dynamics and leaves the walker's alone", async () => {
  const states: number[][] = [];
  for (
    const { family, goal } of [
      ...familyInfo("walker-params")!.goals.map((goal) => ({ family: "walker-params", goal })),
      { family: "walker-vel", goal: [1] },
    ]
  ) {
    const env = await openVectorEnvironment({ family, goal }, 1);
    const start = env.reset([3]);
    const after = env.step(new Float32Array(6).fill(0.5)).states;
    states.push(Array.from(after));
    assertEquals(env.reset([3]), start);
    env.close();
  }
  states.forEach((one, i) => states.slice(i + 1).forEach((other) => assertNotEquals(one, other)));
  const untouched = await RobotModel.compile(ROBOT);
  const own: Dynamics["mass"] = ROBOT.bodies.map(({ mass }) => mass);
  assertEquals(Array.from((untouched.compiled.body_mass as Float64Array).slice(1)), own);
  untouched.close();
});
