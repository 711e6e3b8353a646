/** Attributes and actions: which are taken, which are refused, and with what message. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sourceOf } from "@cugro/hdf5";
import { classesOf } from "@cugro/algorithm/arrays";
import { assemble } from "./assemble.ts";
import { DatasetError } from "./dataset.ts";
import type { RawDataset } from "./testing/point_recording.ts";
import { formatOf } from "./formats/format.ts";
import { readMetadata } from "./metadata.ts";
import { changed, rawOf, record } from "./testing/point_recording.ts";

const steps = record({ wall: 3 });
const choices = steps.map((_, row) => [0, 2, 1, 1][row % 4]!);

function withActions(actions: RawDataset["arrays"][string], attributes = {}): RawDataset {
  return changed(rawOf(steps, attributes), [], { actions });
}

Deno.test("readMetadata() takes numbers however a format writes them", () => {
  assertEquals(readMetadata({ goal: 1, horizon: 60, return_random: NaN }, "f"), {
    goal: [1],
    horizon: 60,
  });
  assertEquals(readMetadata({ goal: [0.5, 1], horizon: 60n, action_limit: [2, 2] }, "f"), {
    goal: [0.5, 1],
    horizon: 60,
    actionLimit: 2,
  });
  assertEquals(readMetadata({ goal: "reach the cube", family: "constructor", other: {} }, "f"), {
    family: "constructor",
  });
  assertEquals(readMetadata(Object.create({ horizon: 5 }), "f"), {});
});

Deno.test("readMetadata() reads the environment that a file names, in our form and in Gymnasium's, and no other text", () => {
  const environment = { gymnasium: "Hopper-v5", kwargs: { ctrl_cost_weight: 0.2 } };
  const spec = JSON.stringify({ id: "Walker2d-v5", kwargs: {}, max_episode_steps: 500 });
  assertEquals(readMetadata({ environment: JSON.stringify(environment) }, "f"), { environment });
  assertEquals(readMetadata({ environment, env_spec: spec }, "f"), { environment });
  assertEquals(readMetadata({ env_spec: spec }, "f"), {
    environment: { gymnasium: "Walker2d-v5", maxEpisodeSteps: 500 },
  });
  for (const other of ["warehouse 7", "{", "[1]", "null", 5, '{"family":"x"}', "x".repeat(70_000)]) {
    assertEquals(readMetadata({ environment: other, env_spec: other }, "f"), {});
  }
  const { message } = assertThrows(
    () => readMetadata({ environment: '{"gymnasium":"Hopper-v5","entry_point":"os:system"}' }, "f"),
    DatasetError,
    "@environment: the attribute must be of the form",
  );
  assert(message.length < 400, message);
});

Deno.test("readMetadata() knows a task of Meta-World by its name alone, and whether its states show the goal", () => {
  const env = "Meta-World/coffee-button-v3";
  const named = { env, environment: { gymnasium: env } };
  assertEquals(readMetadata({ env }, "f"), named);
  for (const shown of [1, 1n, true, null]) {
    assertEquals(readMetadata({ env, goal_observable: shown }, "f"), named);
  }
  for (const hidden of [0, 0n, false]) {
    assertEquals(readMetadata({ env, goal_observable: hidden }, "f"), {
      env,
      environment: { gymnasium: env, kwargs: { partially_observable: true } },
    });
  }
  // As `--gymnasium none` is written.
  assertEquals(readMetadata({ env, environment: undefined }, "f"), { env });
  const environment = { gymnasium: "Meta-World/push-v3" };
  assertEquals(readMetadata({ env, environment }, "f").environment, environment);
  for (const other of ["Hopper-v5", "Meta-World/MT1", "Meta-World/../x-v3", "os:Meta-World/push-v3"]) {
    assertEquals(readMetadata({ env: other }, "f"), { env: other });
  }
});

Deno.test("readMetadata() refuses by name, in few words, whatever the value", () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 20_000; i++) deep = [deep];
  const wrong: [Record<string, unknown>, string][] = [
    [{ horizon: 60.5 }, "@horizon: the attribute must be a whole number from 1: current value is 60.5"],
    [{ horizon: true }, "@horizon"],
    [{ horizon: "" }, "@horizon"],
    [{ horizon: [60] }, "@horizon"],
    [{ horizon: 0 }, "@horizon"],
    [{ goal: [] }, "@goal: the attribute must be a list of numbers"],
    [{ goal: deep }, "@goal"],
    [{ goal: { length: 4e9 } }, "@goal"],
    [{ goal: [NaN] }, "@goal"],
    [{ goal: new Float64Array(1e6) }, "@goal"],
    [{ return_random: -3e38, return_final_policy: 3e38 }, "@return_random"],
    [{ action_limit: 3e38 }, "@action_limit"],
    [{ action_limit: -1 }, "@action_limit"],
  ];
  for (const [attributes, sentence] of wrong) {
    const { message } = assertThrows(() => readMetadata(attributes, "f"), DatasetError, sentence);
    assert(message.length < 300, message);
  }
});

Deno.test("discrete actions are told by their type, and become one-hot rows", () => {
  const flat = { shape: [steps.length], data: Int32Array.from(choices), integer: true };
  for (const actions of [flat, { ...flat, shape: [steps.length, 1] }]) {
    const { dataset, notices } = assemble(withActions(actions), "f");
    assertEquals(notices, []);
    assertEquals([dataset.metadata.discreteActions, dataset.actionDim], [3, 3]);
    assertEquals([...classesOf(dataset.actions, 3)], choices);
    assertEquals([...dataset.actions.subarray(0, 6)], [1, 0, 0, 0, 0, 1]);
  }
  const four = assemble(withActions(flat, { discrete_actions: 4 }), "f").dataset;
  assertEquals(four.actionDim, 4);
  assertThrows(() => assemble(withActions(flat, { discrete_actions: 2 }), "f"), DatasetError, "from 0 to 1");
  const negative = { ...flat, data: flat.data.map((value) => value - 1) };
  const { message } = assertThrows(
    () => assemble(withActions(negative), "f"),
    DatasetError,
    "discrete actions",
  );
  assert(!message.includes("action_limit"));
});

Deno.test("discrete actions in a float type are recognised with a word, one-hot rows too", () => {
  const whole = { shape: [steps.length, 1], data: Float32Array.from(choices) };
  const oneHot = {
    shape: [steps.length, 3],
    data: Float32Array.from(choices.flatMap((choice) => [0, 1, 2].map((at) => at === choice ? 1 : 0))),
  };
  for (const actions of [whole, oneHot]) {
    const { dataset, notices } = assemble(withActions(actions), "f");
    assertEquals(notices.map(({ code }) => code), ["actions-discrete"]);
    assertEquals([...classesOf(dataset.actions, 3)], choices);
  }
  assertEquals(assemble(withActions({ ...oneHot, integer: true }), "f").notices, []);
  const several = {
    shape: [steps.length, 2],
    data: Int32Array.from(choices.flatMap((c) => [c, 1])),
    integer: true,
  };
  assertThrows(() => assemble(withActions(several), "f"), DatasetError, "several discrete actions");
  const bangBang = { shape: [steps.length, 1], data: Float32Array.from(choices, (choice) => choice - 1) };
  assertEquals(assemble(withActions(bangBang), "f").dataset.metadata.discreteActions, undefined);
});

const TFRECORD = "\x05\x00\x00\x00\x00\x00\x00\x00\xea\xb2\x04\x3ehello....";

Deno.test("formatOf() says what a file is that is no dataset", () => {
  const formatOrRefusal = (text: string) => {
    const format = formatOf(sourceOf(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    return typeof format === "string" ? format : format.unknown;
  };
  const hdf5 = "\x89HDF\r\n\x1a\n";
  assertEquals(
    [
      formatOrRefusal(hdf5),
      formatOrRefusal("x".repeat(1024) + hdf5),
      formatOrRefusal("x".repeat(1000) + hdf5),
    ].map((is) => is === "hdf5"),
    [
      true,
      true,
      false,
    ],
  );
  for (
    const [text, word] of [
      ["version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"],
      ["\n<!DOCTYPE HTML><html>", "HTML"],
      ["<html lang='en'>", "HTML"],
      ["\x1f\x8b\x08\x00", "gzip"],
      ["MATLAB 5.0 MAT-file", "MATLAB"],
      ["\x80\x04\x95", "pickle"],
      ['{"message": "Not Found"}', "JSON"],
      ["PARE", "encrypted"],
      // crc32c of the length 5, as TensorFlow masks it.
      [TFRECORD, "RLDS"],
      ["ARROW1\0\0", "Parquet"],
      ["", "empty"],
      ["anything", "not known"],
    ] as const
  ) assertStringIncludes(formatOrRefusal(text), word);
});
