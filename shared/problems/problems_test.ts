import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { presets } from "@cugro/algorithm/arrays";
import { createLearner, reviseConfig } from "@cugro/learners";
import {
  configKey,
  encodeFact,
  incomingKey,
  parseFact,
  type Problem,
  versionFactSchema,
  versionKey,
} from "@cugro/protocol";
import { addFile, drive, learnerWith, pretend } from "../../tests/fakes/world.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { acknowledgeProblem } from "./acknowledge.ts";
import { withCommands } from "./advice_commands.ts";
import { announceProblems } from "./changes.ts";
import { gatherProblems } from "./gather_problems.ts";
import { incomingProblems, showName } from "./incoming_problems.ts";

const codesOf = (problems: readonly Problem[]) => problems.map(({ code }) => code);
const file = (key: string, second: number) => ({
  ...{ key, size: 1, etag: "e" },
  lastModified: `2024-01-01T00:00:0${second}.000Z`,
});
const strange = (name: string, second = 0) => ({
  name,
  size: 1,
  lastModified: file(name, second).lastModified,
});

Deno.test("showName() spells out what could change how a line is shown, and cuts what is long", () => {
  assertEquals(showName("Tâche 中 1.hdf5"), '"Tâche 中 1.hdf5"');
  assertEquals(showName('a\u001b[2J\u202eb\n"\\'), '"a\\u{1b}[2J\\u{202e}b\\u{a}\\"\\\\"');
  assertEquals(showName("x".repeat(500)).length, 203);
});

Deno.test("incomingProblems() names each strange file of a folder up to a number, and counts the others", () => {
  const many = Array.from({ length: 60 }, (_, n) => strange(`incoming/a/task ${n}.hdf5`, 1));
  const found = incomingProblems({
    infos: [],
    strange: [...many, strange("incoming/ü/x")],
    learners: new Set(["a"]),
    now: Date.now(),
  });
  assertEquals(found.length, 52);
  assertEquals(new Set(found.map(({ id }) => id)).size, 52);
  assertStringIncludes(found[50]!.message, "10 more files");
  assertEquals(found.map(({ subject }) => subject.learner).filter((name) => name === null).length, 1);
});

Deno.test("incomingProblems() leaves alone what is being written, sidecars, uploads and known learners", () => {
  const keys = ["a/x.hdf5", "b/.uploads/1/x", "b/x.part", "b/x.hdf5.json", "c/x.hdf5", "y.part", "z.hdf5"];
  const infos = keys.map((key, second) => file(`incoming/${key}`, second));
  const found = incomingProblems({
    infos,
    strange: [],
    learners: new Set(["a"]),
    now: Date.parse(infos[0]!.lastModified),
  });
  assertEquals(codesOf(found), ["file.learner", "file.place"]);
  assertEquals(found.map(({ subject }) => subject.key), ["incoming/c/x.hdf5", "incoming/z.hdf5"]);
  assertStringIncludes(found[0]!.advice, "cugro learner create c");
});

Deno.test("incomingProblems() names what has looked unfinished for an hour, and no upload", () => {
  const upload = `incoming/a/.uploads/${"0".repeat(32)}/x.hdf5`;
  const keys = [
    upload,
    "incoming/a/.trash/x.hdf5",
    "incoming/a/.hidden.hdf5",
    "incoming/b/x.PART",
    "incoming/.x",
  ];
  const infos = keys.map((key) => file(key, 0));
  const at = (hours: number) => Date.parse(infos[0]!.lastModified) + hours * 3_600_000;
  const found = (now: number) => incomingProblems({ infos, strange: [], learners: new Set(["a", "b"]), now });
  assertEquals(found(at(0.9)), []);
  const late = found(at(1.1));
  assertEquals(codesOf(late), ["file.unfinished", "file.unfinished", "file.unfinished"]);
  assertEquals(late.map(({ subject }) => subject.learner), ["a", "b", null]);
  assertStringIncludes(
    late[0]!.message,
    "2 files look unfinished and are not taken: incoming/a/.trash/x.hdf5, ",
  );
});

Deno.test("more files for a learner that is not there are the same problem, come up again", () => {
  const of = (seconds: number[]) =>
    incomingProblems({
      infos: seconds.map((second) => file(`incoming/ghost/${second}.hdf5`, second)),
      strange: [],
      learners: new Set(),
      now: Date.now(),
    })[0]!;
  const [one, two] = [of([1]), of([1, 2])];
  assertEquals(one.id, two.id);
  assert(one.since! < two.since!);
  assertMatch(two.message, /2 files wait .* incoming\/ghost\/1.hdf5, incoming\/ghost\/2.hdf5/);
});

Deno.test("gatherProblems() tells of rejected files, failed tasks, parked and observed versions, with what to do", async () => {
  const store = memoryStore();
  const name = await learnerWith(store, ["one", "two"], { maxForgetting: 1 });
  const forgets = pretend({
    returns: (task, newTask) => task === 1 && newTask === 2 ? [9, 10, 11, 12, 13] : [90, 95, 100, 105, 110],
    rejected: (text) => text === "bad" ? "nothing in it" : undefined,
    fails: ({ kind, config }) => kind === "critic.train" && config.task === 3 ? "NaN" : undefined,
  });
  await drive(store, forgets, { name });
  await addFile(store, "three", name);
  await addFile(store, "bad", name);
  await drive(store, forgets, { name });
  const found = await gatherProblems({ store });
  assertEquals(codesOf(found).sort(), ["file.rejected", "task.failed", "version.parked"]);
  assertEquals(codesOf(found)[0], "task.failed", "errors come first");
  const parked = found.find(({ code }) => code === "version.parked")!;
  assertEquals(parked.subject, { learner: name, task: 2, version: 2 });
  assertStringIncludes(parked.advice, "cugro promote 2 --learner a");
  assert(found.every(({ since }) => since !== null), "facts say since when");

  const poor = memoryStore();
  await learnerWith(poor, ["one"], { gate: "observe" }, "b");
  await drive(poor, pretend({ returns: () => [-90, -80, -85, -87, -83] }), { name: "b" });
  const shown = await gatherProblems({ store: poor });
  assertEquals(codesOf(shown).sort(), ["performance.low", "version.observed"]);
  const observed = shown.find(({ code }) => code === "version.observed")!;
  assertEquals(observed.subject, { learner: "b", task: 1, version: 1 });
  assertMatch(observed.message, /serves and was published although the new task 1 scores -85.* \(observe\)/);
});

Deno.test("gatherProblems() tells of an average below random or far below its best, from few episodes too", async () => {
  const store = memoryStore();
  const falls = (task: number, newTask: number) => newTask < 3 ? [80, 82] : task === 3 ? [60, 62] : [65, 67];
  await learnerWith(store, ["one", "two", "three"], { gate: "observe", evaluationEpisodes: 2 });
  await drive(store, pretend({ returns: falls }));
  const [low, ...others] = await gatherProblems({ store });
  assertEquals([low!.code, others], ["performance.low", []]);
  assertEquals(
    low!.message,
    "Version 3, which serves, has an average performance of 64.3 (0 is random, n = 2 episodes a task), 16.7 points " +
      "below version 1's.",
  );
  assertEquals(
    low!.advice,
    "Take it back with: cugro rollback 2 --learner a; task by task: cugro versions --learner a",
  );

  const slight = memoryStore();
  await learnerWith(slight, ["one", "two"], { gate: "observe" });
  await drive(slight, pretend({ returns: (_, newTask) => Array(5).fill(newTask === 1 ? 80 : 71) }));
  assertEquals(codesOf(await gatherProblems({ store: slight })).includes("performance.low"), false);

  const high = memoryStore();
  await learnerWith(high, ["one", "two"], { gate: "observe" });
  await drive(high, pretend({ returns: (task) => Array(5).fill(task === 1 ? 150 : 90) }));
  assertEquals(
    await gatherProblems({ store: high }),
    [],
    "from 150 to 120: nothing is lost but what was more than good",
  );

  const random = memoryStore();
  await learnerWith(random, ["one"], { gate: "observe", evaluationEpisodes: 2 });
  await drive(random, pretend({ returns: () => [-87, -88] }));
  const [only] = await gatherProblems({ store: random });
  assertEquals(
    only!.message,
    "Version 1, which serves, has an average performance of -87.5 (0 is random, n = 2 episodes a task).",
  );
});

Deno.test("gatherProblems() tells of a gate that enforces and cannot judge, as earlier versions allowed it", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await drive(store, pretend());
  const knobs = { ...presets.smoke, gate: "enforce", evaluationEpisodes: 3 };
  const config = { schema: 1, revision: 2, fromTask: 2, preset: "smoke", knobs };
  await store.put(configKey("a", 2), encodeFact(config));
  const [blind] = await gatherProblems({ store });
  assertEquals(blind!.code, "gate.blind");
  assertStringIncludes(blind!.message, "evaluationEpisodes is 3");
  await reviseConfig({ store, name: "a", overrides: { evaluationEpisodes: "5" } });
  assertEquals(await gatherProblems({ store }), []);
});

Deno.test("withCommands() completes each command that advice names, and nothing else", () => {
  const complete = (words: string) => `<${words}>`;
  assertEquals(
    withCommands(
      "Back: cugro rollback 2 --learner a-b; cugro versions --learner a; cugro promotes",
      complete,
    ),
    "Back: <rollback 2 --learner a-b>; <versions --learner a>; cugro promotes",
  );
  assertEquals(
    withCommands("cugro run --learner a --from-next-task --set evaluationEpisodes=5", complete),
    "<run --learner a --from-next-task --set evaluationEpisodes=5>",
  );
});

Deno.test("a damaged learner is a problem, and hides none of the others'", async () => {
  const store = memoryStore();
  for (const name of ["a", "b"]) await createLearner({ store, name, seed: 1, preset: "smoke" });
  await store.put("learners/a/config/1.json", new TextEncoder().encode("{"));
  await store.put(incomingKey("nobody", "x.hdf5"), new TextEncoder().encode("x"));
  const found = await gatherProblems({ store });
  assertEquals(codesOf(found), ["learner.unreadable", "file.learner"]);
  assertStringIncludes(found[0]!.message, "learners/a/config/1.json is damaged");
});

Deno.test("an acknowledgement holds for what began before it, also if given twice, and not for what comes later", async () => {
  const store = memoryStore();
  store.clock.now = Date.parse("2024-01-02T00:00:00Z");
  await store.put(incomingKey("ghost", "x.hdf5"), new TextEncoder().encode("x"));
  const [problem] = await gatherProblems({ store });
  const by = async (who: string) =>
    (await acknowledgeProblem({ store, problem: problem!, by: who, now: store.clock.now }))
      .acknowledged!.by;
  const both = await Promise.all([by("one"), by("two")]);
  assertEquals(new Set(both).size, 1, "the first counts");
  assertEquals((await gatherProblems({ store }))[0]!.acknowledged!.by, both[0]);
  store.clock.now += 60_000;
  await store.put(incomingKey("ghost", "y.hdf5"), new TextEncoder().encode("y"));
  const [again] = await gatherProblems({ store });
  assertEquals([again!.id, again!.acknowledged], [problem!.id, null]);
  await acknowledgeProblem({ store, problem: again!, by: "three", now: store.clock.now });
  assertEquals((await gatherProblems({ store }))[0]!.acknowledged!.by, "three");
  assertEquals((await store.list("problems/")).length, 2, "nothing is overwritten");
});

Deno.test("announceProblems() says each problem once, and once that it is over", () => {
  const lines: string[] = [];
  const announce = announceProblems((line) => lines.push(line));
  const of = (second: number) =>
    incomingProblems({
      infos: [file("incoming/ghost/x", second)],
      strange: [],
      learners: new Set(),
      now: Date.now(),
    });
  for (let n = 0; n < 5; n++) announce(of(1));
  announce(of(2));
  announce([]);
  announce([]);
  assertEquals(lines.map((line) => line.slice(0, 8)), ["! 1 file", "! 1 file", "over: 1 "]);
});

Deno.test("what a simulator in Python lacked, or lost, is a problem of the newest version", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  const notRun = "Hopper-v5 is not run as there is no Python for it";
  await drive(
    store,
    pretend({
      returns: (task) => task === 1 ? [] : [90, 95],
      simulator: (task) => task === 1 ? { notRun } : { lostEpisodes: 3, success: [1, 0] },
    }),
  );
  const found = (await gatherProblems({ store })).filter(({ code }) => code.startsWith("environment"));
  assertEquals(new Set(codesOf(found)), new Set(["environment.not-run", "environment.died"]));
  const [run] = found.filter(({ code }) => code === "environment.not-run");
  assertEquals([run!.message.includes(notRun), run!.subject], [true, { learner: "a", task: 1, version: 2 }]);
  const [died] = found.filter(({ code }) => code === "environment.died");
  assertStringIncludes(died!.message, "died in 3 of 5 episodes");
  const version = parseFact(versionFactSchema, (await store.get(versionKey("a", 2)))!.bytes, "v");
  assertEquals(version.row.map(({ success }) => success), [undefined, [1, 0]]);
});
