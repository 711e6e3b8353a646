import { assert, assertEquals, assertThrows } from "@std/assert";
import { StoreFull } from "@cugro/store";
import { jobKey, resultKey, versionKey } from "@cugro/protocol";
import { createRecorder, type Entry, followHistory, readHistory, steadyNow } from "./run_history.ts";
import { createSaboteur, parseStrikes, stepOfKey } from "./sabotage.ts";

const hash = "ab".repeat(32);

Deno.test("stepOfKey() tells the steps of a job and of a plan apart", () => {
  assertEquals(stepOfKey(resultKey("states.train", hash)), "result-put");
  assertEquals(stepOfKey(jobKey("states.train", hash)), "job-put");
  assertEquals(stepOfKey(`artifacts/${hash}`), "artifact-put");
  assertEquals(stepOfKey(versionKey("ann", 1)), "version-put");
  assertEquals(stepOfKey("learners/ann/head.json"), "head-put");
  assertEquals(stepOfKey("announced/learners/ann/versions/1.json"), "mark-put");
  assertEquals(stepOfKey(`jobs/states.train/${hash}/run.json`), undefined);
});

Deno.test("createSaboteur() strikes at the n-th time and records it before", () => {
  const seen: string[] = [];
  const record = (sight: { what: string }) => void seen.push(sight.what);
  const saboteur = createSaboteur(parseStrikes("full=60000@after-ack:2"), record);
  saboteur.pass("after", "ack");
  saboteur.pass("before", "ack");
  saboteur.checkRoom("a");
  saboteur.pass("after", "ack");
  assertThrows(() => saboteur.checkRoom("a"), StoreFull);
  assertEquals(seen, ["sabotage"]);
});

Deno.test("a turned clock moves Date and nothing else", () => {
  const Before = globalThis.Date;
  const [wall, steady] = [Date.now(), steadyNow()];
  try {
    createSaboteur(parseStrikes("clock=3600000@before-fetch:1"), () => {}).pass("before", "fetch");
    assert(Date.now() - wall >= 3_600_000 && Date.now() - wall < 3_660_000);
    assert(Math.abs(new Date().getTime() - Date.now()) < 1_000);
    assertEquals(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
    assert(new Date() instanceof Before);
    assert(steadyNow() - steady < 60_000);
  } finally {
    globalThis.Date = Before;
  }
});

Deno.test("history is read in order of time, without the line that a kill has cut off", async () => {
  const folder = await Deno.makeTempDir();
  try {
    createRecorder(`${folder}/a.jsonl`, "a")({ what: "process", state: "started" });
    const follow = followHistory(folder);
    assertEquals((await follow()).length, 1);
    createRecorder(`${folder}/b.jsonl`, "b")({ what: "delete", key: "k" });
    await Deno.writeTextFile(`${folder}/a.jsonl`, '{"at":1,"who":"a","wh', { append: true });
    assertEquals((await follow()).map(({ who }: Entry) => who), ["b"]);
    assertEquals((await readHistory(folder)).map(({ who }) => who), ["a", "b"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
