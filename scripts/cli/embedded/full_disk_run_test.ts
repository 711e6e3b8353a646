import { assertEquals, assertStringIncludes } from "@std/assert";
import { explainStoreFault } from "../../../shared/store/folder/store_faults.ts";
import { describeLogLine, parseLogLine } from "../progress/log_lines.ts";
import { isFull, watchRoom } from "./full_disk.ts";

const fault = Object.assign(new Error("no space"), { code: "ENOSPC" });
const FULL = explainStoreFault(fault, "/data/my store", "writing artifacts/ab (9 bytes)") as Error;
/** The store's sentence, as a worker's log has it. */
const LOGGED = `${FULL.name}: ${FULL.message}`;

const MINUTE = 60_000;

function watch(waitMs: number) {
  const notes: string[] = [];
  const ends: Error[] = [];
  let time = 0;
  const room = watchRoom({
    note: (text) => void notes.push(text),
    onGivenUp: (error) => void ends.push(error),
    waitMs,
    now: () => time,
  });
  return { room, notes, ends, pass: (ms: number) => void (time += ms) };
}

Deno.test("watchRoom() says once that a store is full, then at growing intervals, and says when there is room", () => {
  const { room, notes, ends, pass } = watch(30 * MINUTE);
  assertEquals([isFull(LOGGED), isFull(FULL.message), isFull(7)], [true, false, false]);
  // Asked every 15 s, as workers do, for 20 minutes.
  for (let n = 0; n < 80; n++) {
    room.full(LOGGED);
    pass(15_000);
  }
  assertEquals(notes.map((text) => text.slice(0, 60)), [
    "The store folder /data/my store is full (ENOSPC when writing",
    "Still no room after 1 min; the run ends in 29 min",
    "Still no room after 2 min; the run ends in 28 min",
    "Still no room after 4 min; the run ends in 26 min",
    "Still no room after 8 min; the run ends in 22 min",
    "Still no room after 16 min; the run ends in 14 min",
  ]);
  assertStringIncludes(
    notes[0]!,
    "(ENOSPC when writing artifacts/ab (9 bytes)). Free some space on its disk",
  );
  assertEquals(notes[0]!.includes("start the command again"), false);
  room.room();
  room.room();
  assertEquals(notes.slice(6), ["There is room again: the run goes on"]);
  room.full(FULL.message);
  assertEquals(notes.length, 8);
  room.close();
  assertEquals(ends, []);
});

Deno.test("watchRoom() gives up after its time, at once without any, and not once there was room", async () => {
  const brief = watch(5), none = watch(0), saved = watch(5);
  brief.room.full(LOGGED);
  none.room.full(LOGGED);
  saved.room.full(LOGGED);
  saved.room.room();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([brief.ends.length, none.ends.length, saved.ends.length], [1, 1, 0]);
  assertEquals(none.notes, []);
  assertStringIncludes(none.ends[0]!.message, "(9 bytes)): stopped. Nothing is lost");
  assertStringIncludes(none.ends[0]!.message, "start the same command again");
});

Deno.test("describeLogLine() makes a sentence of what a worker logs; other text is no log line", () => {
  const line = JSON.stringify({
    ...{ time: "2026-01-01T00:00:00Z", level: "warn", event: "attempt failed, the job is tried again" },
    ...{ jobId: "ab", kind: "critic.train", attempt: 2, error: "TypeError: x is not a function" },
  });
  assertEquals(
    describeLogLine(parseLogLine(line)!),
    "attempt failed, the job is tried again (kind critic.train, attempt 2): x is not a function",
  );
  for (const text of ["plain", "{not json", '{"event":1}', "[]", ""]) {
    assertEquals(parseLogLine(text), undefined);
  }
});
