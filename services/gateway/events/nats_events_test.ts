import { assertEquals } from "@std/assert";
import { createLog } from "@cugro/telemetry";
import { createEvent, versionKey } from "@cugro/protocol";
import { startTestServer } from "../../../tests/fakes/nats_server.ts";
import { type EventReader, openEventLog } from "./event_log.ts";

const log = createLog({ level: "silent" });
const event = (version: number) =>
  createEvent("cugro.version.published", versionKey("a", version), "a", { version });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The next `count` events of a reader: versions, the last place, and whether there was a gap. */
async function read(reader: EventReader, count: number) {
  const versions: number[] = [];
  let place = "";
  let gap = false;
  while (versions.length < count) {
    const page = await reader.next(new AbortController().signal);
    versions.push(...page.events.map(({ event }) => Number(event.data.version)));
    place = page.place;
    gap ||= page.gap;
  }
  return { versions, place, gap };
}

Deno.test("openEventLog() over NATS: a place of one gateway holds in another, which was started later", async () => {
  const server = await startTestServer();
  try {
    const [one, two] = [await server.open(), await server.open()];
    await one.announce(event(1));
    const first = await openEventLog({ bus: one, log });
    const reader = first.open(undefined);
    for (const version of [2, 3]) await two.announce(event(version));
    const seen = await read(reader, 2);
    assertEquals([seen.versions, seen.gap], [[2, 3], false]);
    reader.close();
    await first.close();
    for (const version of numbers(4, 40)) await one.announce(event(version));
    const second = await openEventLog({ bus: two, log });
    const again = second.open(seen.place);
    const missed = await read(again, 37);
    assertEquals([missed.versions, missed.gap], [numbers(4, 40), false]);
    // From the stream into memory, without a hole or a repetition.
    for (const version of numbers(41, 50)) await one.announce(event(version));
    assertEquals((await read(again, 10)).versions, numbers(41, 50));
    assertEquals((await read(second.open(missed.place), 10)).versions, numbers(41, 50));
    again.close();
    await second.close();
  } finally {
    await server.dispose();
  }
});

Deno.test("openEventLog() over NATS: a stream made again is a gap, and what comes after it is not lost", async () => {
  const server = await startTestServer();
  try {
    const bus = await server.open();
    const events = await openEventLog({ bus, log });
    const reader = events.open(undefined);
    await bus.announce(event(1));
    const before = await read(reader, 1);
    await server.administer("$JS.API.STREAM.DELETE.EVENTS");
    await bus.announce(event(2));
    await bus.announce(event(3));
    const after = await read(reader, 2);
    assertEquals([after.versions, after.gap], [[2, 3], true]);
    reader.close();
    const late = events.open(before.place);
    assertEquals(await read(late, 2), { ...after, gap: true });
    late.close();
    await events.close();
  } finally {
    await server.dispose();
  }
});
