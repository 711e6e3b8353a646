import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { environmentSchema } from "./environment.ts";
import { faultOfGymnasium, gymnasiumOf, type GymnasiumSpec } from "./gymnasium.ts";
import { parseGymnasium } from "./reading.ts";
import { gymnasiumText } from "./reading_texts.ts";

/** As Gymnasium writes it, and Minari keeps it. */
const RECORDED = {
  id: "PointMaze_UMaze-v3",
  entry_point: "gymnasium_robotics.envs.maze.point_maze:PointMazeEnv",
  reward_threshold: null,
  max_episode_steps: 300,
  order_enforce: true,
  kwargs: { reward_type: "sparse", continuing_task: true, render_mode: "rgb_array", seed: null },
  additional_wrappers: [
    { name: "TimeLimit", entry_point: "gymnasium.wrappers:TimeLimit", kwargs: { max_episode_steps: 300 } },
    {
      name: "RescaleAction",
      entry_point: "gymnasium.wrappers:RescaleAction",
      kwargs: { min_action: -1, max_action: 1 },
    },
  ],
};

Deno.test("gymnasiumOf() reads our form and Gymnasium's own, without what says nothing, and nothing else", () => {
  const expected = {
    gymnasium: "PointMaze_UMaze-v3",
    kwargs: { reward_type: "sparse", continuing_task: true },
    wrappers: [{ name: "RescaleAction", kwargs: { min_action: -1, max_action: 1 } }],
    maxEpisodeSteps: 300,
  };
  assertEquals(gymnasiumOf(RECORDED), expected);
  assertEquals(gymnasiumOf(expected), expected);
  assertEquals(gymnasiumOf({ gymnasium: "Hopper-v5", kwargs: {} }), { gymnasium: "Hopper-v5" });
  for (const other of ["Hopper-v5", 3, null, {}, { id: 3 }, { family: "hopper-vel" }, [RECORDED]]) {
    assertEquals(gymnasiumOf(other), undefined);
  }
});

Deno.test("faultOfGymnasium() lets a stranger name what is registered, with plain arguments and known wrappers, and nothing else", () => {
  const good: GymnasiumSpec[] = [
    { gymnasium: "Hopper-v5", kwargs: { ctrl_cost_weight: 0.2, terminate: false, xml_file: "hopper.xml" } },
    {
      gymnasium: "Meta-World/MT1",
      kwargs: { env_name: "reach-v3" },
      wrappers: [{ name: "ClipAction", kwargs: {} }],
    },
  ];
  for (const spec of good) assertEquals(faultOfGymnasium(spec), undefined);
  const bad: [Partial<GymnasiumSpec>, RegExp][] = [
    [{ gymnasium: "evil:Env-v0" }, /names a module/],
    [{ gymnasium: "a/b/c-v0" }, /its id may have/],
    [{ gymnasium: "Env-v0\n" }, /its id may have/],
    [{ gymnasium: " " }, /its id may have/],
    [{ maxEpisodeSteps: 100_001 }, /its episodes may have more than 100000 steps/],
    [{ kwargs: { xml_file: "/etc/passwd" } }, /argument xml_file is no number/],
    [{ kwargs: { xml_file: ".." } }, /argument xml_file is no number/],
    [{ kwargs: { env_id: "evil:Env-v0" } }, /argument env_id is no number/],
    [{ kwargs: { name: "x".repeat(65) } }, /argument name is no number/],
    [{ kwargs: { map: [[1]] } }, /argument map is no number/],
    [{ kwargs: { options: { a: 1 } } }, /argument options is no number/],
    [{ kwargs: { max_episode_steps: 3 } }, /argument "max_episode_steps" may not/],
    [{ kwargs: { __class__: 1 } }, /argument "__class__" may not/],
    [{ wrappers: [{ name: "RecordVideo", kwargs: {} }] }, /wrapper "RecordVideo" is none of ClipAction/],
    [
      { wrappers: [{ name: "RescaleAction", kwargs: { min_action: "a/b" } }] },
      /argument min_action is no number/,
    ],
  ];
  for (const [spec, expected] of bad) {
    assertMatch(faultOfGymnasium({ gymnasium: "Env-v0", ...spec })!, expected);
  }
});

Deno.test("an environment is written and parsed as text: an id, an id with arguments, an object, none", () => {
  assertEquals(parseGymnasium("none"), "none");
  assertEquals(parseGymnasium("Hopper-v5"), { gymnasium: "Hopper-v5" });
  const spec = { gymnasium: "Hopper-v5", kwargs: { ctrl_cost_weight: 0.2 } };
  assertEquals(parseGymnasium("Hopper-v5", '{"ctrl_cost_weight": 0.2}'), spec);
  assertEquals(parseGymnasium(gymnasiumText(spec)), spec);
  for (
    const [id, kwargs] of [["Hopper-v5", "[1]"], ["Hopper-v5", "{"], ["{", undefined], [
      "",
      undefined,
    ]] as const
  ) {
    const { message } = assertThrows(() => parseGymnasium(id, kwargs), RangeError);
    assertStringIncludes(message, "such as Hopper-v5");
  }
});

Deno.test("environmentSchema keeps a family's task as it was", () => {
  const family = { family: "hopper-vel", goal: [1.4] };
  assertEquals(environmentSchema.parse(family), family);
  assertEquals(environmentSchema.parse({ gymnasium: "Hopper-v5" }), { gymnasium: "Hopper-v5" });
});
