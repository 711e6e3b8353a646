import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { createEvent, type EventType, versionKey } from "@cugro/protocol";
import { type LiveGateway, until, withLiveGateway } from "../testing/listening_gateway.ts";

interface Frame {
  id?: string;
  event?: string;
  // deno-lint-ignore no-explicit-any -- tests look into it
  data?: any;
  comment?: string;
}

/** A stream as a client reads it, written from the specification of server-sent events. */
async function listen(
  { url, tokens }: LiveGateway,
  path: string,
  { as = "admin", headers = {} }: { as?: keyof LiveGateway["tokens"]; headers?: Record<string, string> } = {},
) {
  const stop = new AbortController();
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${tokens[as]}`, ...headers },
    signal: stop.signal,
  });
  const frames: Frame[] = [];
  let lastId: string | undefined;
  let text = "";
  const take = (block: string) => {
    const frame: Frame = {};
    for (const line of block.split("\n")) {
      const [name = "", value = ""] = line.split(/: ?(.*)/s);
      if (name === "") frame.comment = value;
      else if (name === "data") frame.data = JSON.parse(value);
      else if (name === "id") lastId = frame.id = value;
      else if (name === "event") frame.event = value;
    }
    frames.push(frame);
  };
  const ended = (async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      blocks.forEach(take);
    }
  })().catch(() => {});
  return {
    response,
    frames,
    ended,
    lastId: () => lastId,
    events: () => frames.filter(({ event }) => event?.startsWith("cugro.")).map(({ data }) => data.id),
    close: async () => {
      stop.abort();
      await ended;
    },
  };
}

const announce = (
  { bus }: LiveGateway,
  learner: string,
  version: number,
  type: EventType = "cugro.version.published",
) => bus.announce(createEvent(type, versionKey(learner, version), learner, { version }));
const keys = (learner: string, ...versions: number[]) =>
  versions.map((version) => versionKey(learner, version));

Deno.test("events come live, of the learners and types that are wanted and may be seen, with progress beside them", () =>
  withLiveGateway({}, async (gateway) => {
    const { bus, feed, ask } = gateway;
    for (const name of ["a", "team-b"]) await ask("POST", "/v1/learners", { name, preset: "smoke" });
    const all = await listen(gateway, "/v1/events");
    const team = await listen(gateway, "/v1/events", { as: "team" });
    const one = await listen(gateway, "/v1/learners/a/events?types=cugro.version.published&progress=false");
    assertEquals(all.response.headers.get("content-type"), "text/event-stream");
    await until("all are there", () => feed.clients() === 3);
    await announce(gateway, "a", 1);
    await announce(gateway, "team-b", 1);
    await announce(gateway, "a", 2, "cugro.version.parked");
    const progress = { jobId: "j", kind: "states.train" as const, learner: "a", step: 3, steps: 9 };
    bus.progress(progress);
    await until(
      "all has come",
      () => all.frames.some(({ event }) => event === "progress") && all.events().length === 3,
    );
    assertEquals(all.frames.find(({ event }) => event === "progress")!.data, progress);
    const [event] = all.frames.filter(({ event }) => event === "cugro.version.published");
    assertEquals([event!.data.specversion, event!.data.subject, event!.data.data.version], ["1.0", "a", 1]);
    await until("the others have theirs", () => team.events().length > 0 && one.events().length > 0);
    assertEquals([team.events(), one.events()], [keys("team-b", 1), keys("a", 1)]);
    feed.asked("a");
    feed.asked("team-b");
    const asked = ({ frames }: typeof all) =>
      frames.filter(({ event }) => event === "traffic").map(({ data }) => data.learner);
    await until("questions are told", () => asked(all).length === 2 && asked(team).length === 1);
    assertEquals([asked(all).sort(), asked(team), asked(one)], [["a", "team-b"], ["team-b"], []]);
    assert(!one.frames.some(({ event }) => event === "progress"));
    assertEquals((await ask("GET", "/v1/learners/a/events", undefined, "team")).status, 404);
    for (const stream of [all, team, one]) await stream.close();
    await until("nothing is held for those who left", () => feed.clients() === 0);
  }));

Deno.test("a client that comes again with its last id misses nothing, even if it had heard nothing yet", () =>
  withLiveGateway({}, async (gateway) => {
    const first = await listen(gateway, "/v1/events");
    await until("it has a place", () => first.lastId() !== undefined);
    const start = first.lastId()!;
    await announce(gateway, "a", 1);
    await announce(gateway, "a", 2);
    await until("two have come", () => first.events().length === 2);
    await first.close();
    for (let version = 3; version <= 250; version++) await announce(gateway, "a", version);
    const again = await listen(gateway, "/v1/events", { headers: { "last-event-id": first.lastId()! } });
    await until("the rest has come", () => again.events().length === 248);
    await announce(gateway, "a", 251);
    await until("and goes on", () => again.events().length === 249);
    assertEquals(again.events(), keys("a", ...Array.from({ length: 249 }, (_, i) => i + 3)));
    const whole = await listen(gateway, `/v1/events?after=${start}`);
    await until("everything has come", () => whole.events().length === 251);
    for (const stream of [again, whole]) await stream.close();
  }));

Deno.test("a position that is gone is reported as a gap, and an invalid one is refused", () =>
  withLiveGateway({}, async (gateway) => {
    const early = await listen(gateway, "/v1/events");
    await until("it has a place", () => early.lastId() !== undefined);
    await early.close();
    for (let version = 1; version <= 1_005; version++) await announce(gateway, "a", version);
    for (const place of [early.lastId()!, `${btoa("another bus")}.7`.replace(/=/g, "")]) {
      const stream = await listen(gateway, "/v1/events", { headers: { "last-event-id": place } });
      await until("the gap is told", () => stream.frames.some(({ event }) => event === "gap"));
      await announce(gateway, "a", 2_000);
      await until("it goes on", () => stream.events().length > 0);
      assertMatch(stream.lastId()!, /\.\d+$/);
      await stream.close();
    }
    const { status, body } = await gateway.ask("GET", "/v1/events?after=nonsense");
    assertEquals([status, body.errors[0].field], [400, "header.last-event-id"]);
    assertEquals((await gateway.ask("GET", "/v1/events?types=cugro.nothing")).status, 400);
  }));

Deno.test("silence has heartbeats, streams end in time, and a client that fetches nothing is dropped", () =>
  withLiveGateway({ streams: { heartbeatMs: 20, maxMs: 700, stalledMs: 150 } }, async (gateway) => {
    const { feed } = gateway;
    const quiet = await listen(gateway, "/v1/events");
    await until("there are signs of life", () => quiet.frames.filter(({ comment }) => comment).length >= 2);
    await quiet.ended;
    assertGreater(quiet.frames.length, 2);
    await until("it has ended", () => feed.clients() === 0);
    // Asked for in the process: over a socket the buffers of two kernels would have to be filled first.
    const audience = { sees: () => true, types: undefined, progress: false, after: undefined };
    const stalled = feed.open(audience, new AbortController().signal);
    assertEquals(feed.clients(), 1);
    const started = performance.now();
    await until("it is dropped", () => feed.clients() === 0);
    assertGreater(650, performance.now() - started, "by its silence, not by its age");
    await stalled.cancel();
  }));
