import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { familyInfo, resolveTask, type RobotFamily } from "./families.ts";
import { isHealthy, observationSize, observe } from "./laws.ts";
import { rewardOf } from "./rewards.ts";
import { type RobotName, ROBOTS } from "./robots.ts";
import { RobotModel } from "./simulation.ts";
import ant from "./testdata/ant.traces.json" with { type: "json" };
import halfCheetah from "./testdata/half_cheetah.traces.json" with { type: "json" };
import hopper from "./testdata/hopper.traces.json" with { type: "json" };
import swimmer from "./testdata/swimmer.traces.json" with { type: "json" };
import walker2d from "./testdata/walker2d.traces.json" with { type: "json" };

/** Reference trajectories of the native engine, the first 12 environment steps of each, rounded to 12 digits. */
interface Traces {
  model: string;
  family: string;
  goals: number[][];
  trajectories: {
    name: string;
    qpos0: number[];
    qvel0: number[];
    observation0: number[];
    actions: number[][];
    qpos: number[][];
    qvel: number[][];
    observations: number[][];
    terminated: boolean[];
    contacts: number[];
    rewards: number[][];
  }[];
}

const ALL: Traces[] = [halfCheetah, swimmer, hopper, walker2d, ant];
/** Seen: 5e-11, which is the rounding of the references to 12 digits. */
const TOLERANCE = 1e-9;

function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  assertEquals(actual.length, expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
}

for (const traces of ALL) {
  const robot = ROBOTS[traces.model as RobotName];

  Deno.test(`RobotModel.compile() gives ${traces.model} the derived values of its facts`, async () => {
    const model = await RobotModel.compile(robot);
    const { compiled } = model;
    const relative = (actual: ArrayLike<number>, expected: readonly number[]) =>
      expected.forEach((value, i) => assertAlmostEquals(actual[i]! / value, 1, 1e-11));
    const masses: number[] = Array.from(compiled.body_mass as Float64Array);
    relative([masses.reduce((sum, mass) => sum + mass, 0)], [robot.compiled.totalMass]);
    relative((compiled.body_invweight0 as Float64Array).slice(2), robot.compiled.bodyInvweight0.flat());
    relative(compiled.dof_invweight0, robot.compiled.dofInvweight0);
    relative(compiled.dof_M0, robot.compiled.dofM0);
    relative(compiled.actuator_acc0, robot.compiled.actuatorAcc0);
    relative([compiled.stat.meaninertia], [robot.compiled.meanInertia]);
    assertEquals([compiled.nq, compiled.nv], [robot.initialQpos.length, robot.initialQvel.length]);
    model.close();
  });

  Deno.test(`Simulation.step() follows the reference trajectories of ${traces.model}`, async () => {
    const model = await RobotModel.compile(robot);
    const simulation = model.openSimulation();
    assert(traces.trajectories.length >= 3);
    for (const trajectory of traces.trajectories) {
      simulation.setState(trajectory.qpos0, trajectory.qvel0);
      trajectory.actions.forEach((action, t) => {
        simulation.step(action);
        const error = Math.max(
          largestError(simulation.qpos, trajectory.qpos[t]!),
          largestError(simulation.qvel, trajectory.qvel[t]!),
        );
        assert(error < TOLERANCE, `${trajectory.name} step ${t + 1}: error ${error}`);
        assertEquals(simulation.contactCount, trajectory.contacts[t]!);
      });
    }
    simulation.close();
    model.close();
  });

  Deno.test(`observe(), isHealthy() and rewardOf() follow the reference trajectories of ${traces.model}`, () => {
    const { family } = resolveTask({ family: traces.family, goal: traces.goals[0]! });
    const dt = robot.options.timestep * robot.frameSkip;
    const observation = new Float32Array(observationSize(robot));
    for (const { qpos0, qvel0, observation0, ...rows } of traces.trajectories) {
      observe(robot, { qpos: qpos0, qvel: qvel0 }, observation, 0);
      assertEquals(observation, Float32Array.from(observation0));
      rows.actions.forEach((action, t) => {
        const state = { qpos: rows.qpos[t]!, qvel: rows.qvel[t]! };
        observe(robot, state, observation, 0);
        assertEquals(observation, Float32Array.from(rows.observations[t]!));
        assertEquals(!isHealthy(robot, state), rows.terminated[t]!);
        const before = t === 0 ? qpos0 : rows.qpos[t - 1]!;
        const velocity = [0, 1].map((i) => (state.qpos[i]! - before[i]!) / dt) as [number, number];
        const rewards = traces.goals.map((goal) =>
          rewardOf((family as RobotFamily).reward, goal, ...velocity, action)
        );
        assert(largestError(rewards, rows.rewards[t]!) < 1e-8, `${rows.name} step ${t + 1}`);
      });
    }
  });

  Deno.test(`familyInfo() names the goals of ${traces.family}`, () => {
    const info = familyInfo(traces.family)!;
    assertEquals(info.model, traces.model);
    assertEquals(info.goals.length, traces.goals.length);
    info.goals.forEach((goal, k) => assert(largestError(goal, traces.goals[k]!) < 1e-15));
  });
}

Deno.test("Simulation.setState() forgets everything before it", async () => {
  const model = await RobotModel.compile(ROBOTS.hopper);
  const [used, fresh] = [model.openSimulation(), model.openSimulation()];
  const { initialQpos, initialQvel } = ROBOTS.hopper;
  used.setState(initialQpos, initialQvel);
  for (let t = 0; t < 30; t++) used.step([1, -1, 1]);
  for (const simulation of [used, fresh]) {
    simulation.setState(initialQpos, initialQvel);
    for (let t = 0; t < 30; t++) simulation.step([0.3, 0.1, -0.2]);
  }
  assertEquals(Array.from(used.qpos), Array.from(fresh.qpos));
  assertEquals(Array.from(used.qvel), Array.from(fresh.qvel));
  used.close();
  fresh.close();
  model.close();
});

Deno.test("Simulation.step() clamps motors to [-1, 1]", async () => {
  const model = await RobotModel.compile(ROBOTS.swimmer);
  const endOf = (action: number[]) => {
    const simulation = model.openSimulation();
    simulation.setState(ROBOTS.swimmer.initialQpos, ROBOTS.swimmer.initialQvel);
    simulation.step(action);
    const end = Array.from(simulation.qvel);
    simulation.close();
    return end;
  };
  assertEquals(endOf([5, -7]), endOf([1, -1]));
  assert(Math.abs(endOf([1, -1])[3]! - endOf([0.5, -1])[3]!) > 1e-3);
  model.close();
});

Deno.test("Simulation.step() reports a simulation that became unstable instead of starting again", async () => {
  const model = await RobotModel.compile(ROBOTS.ant);
  const simulation = model.openSimulation();
  simulation.setState(ROBOTS.ant.initialQpos, ROBOTS.ant.initialQvel);
  simulation.step(new Float32Array(8));
  simulation.qvel.fill(1e12);
  assertThrows(
    () => simulation.step(new Float32Array(8)),
    Error,
    "ant became unstable at environment step 2",
  );
  simulation.close();
  model.close();
});
