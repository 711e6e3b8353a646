import { assertEquals, assertThrows } from "@std/assert";
import { createEvent } from "@cugro/protocol";
import { decodeJob, DECODERS, parseNotification } from "./decode_messages.ts";
import { eventSubject } from "./subjects.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const record = (eventName: string, key: string) => ({ eventName, s3: { object: { key } } });

Deno.test("parseNotification() reads keys as they were, with and without a prefix of the store", () => {
  const keys = [
    "incoming%2Fwalker%2Fa%20b%2Bc.npz",
    "incoming/walker/a+b.npz",
    "my/store/incoming/walker/%C3%A9.npz",
    "incoming/walker/100%.npz",
  ];
  const hints = parseNotification({ Records: keys.map((key) => record("s3:ObjectCreated:Put", key)) });
  assertEquals(hints.map(({ key }) => key), [
    "incoming/walker/a b+c.npz",
    "incoming/walker/a b.npz",
    "incoming/walker/é.npz",
    "incoming/walker/100%.npz",
  ]);
});

Deno.test("parseNotification() overlooks removals and other folders, and takes AWS's event names", () => {
  const records = [
    record("s3:ObjectRemoved:Delete", "incoming/walker/a"),
    record("s3:ObjectCreated:Put", "learners/incoming.json"),
    record("s3:ObjectCreated:Put", "notincoming/walker/a"),
    record("ObjectCreated:CompleteMultipartUpload", "incoming/walker/b"),
  ];
  assertEquals(parseNotification({ Records: records }), [{ key: "incoming/walker/b" }]);
  assertThrows(() => parseNotification({ Event: "s3:TestEvent" }));
});

Deno.test("decodeJob() and the decoders refuse what they do not know, and copy what they read", () => {
  const message = { jobId: "ab", kind: "states.sample", learner: "walker" };
  const data = bytes(message);
  const read = decodeJob(data);
  data.fill(0);
  assertEquals(read as unknown, message);
  assertThrows(() => decodeJob(bytes({ ...message, kind: "states.forget" })));
  assertThrows(() => DECODERS.progress(bytes({ jobId: "ab" }), "progress.ab"));
  assertEquals(DECODERS.incoming(bytes({ key: "incoming/w/a", size: 3 }), "incoming.hint"), [{
    key: "incoming/w/a",
    size: 3,
  }]);
});

Deno.test("DECODERS accept a message about a kind only under its own subject, and under those of version 0.2", () => {
  const jobId = "a".repeat(64);
  const key = `jobs/critic.train/${jobId}/result.json`;
  const event = createEvent("cugro.job.finished", key, "walker", { jobId, kind: "critic.train" });
  const isDecoded = (subject: string, message: object) => {
    try {
      return DECODERS[subject.startsWith("progress") ? "progress" : "events"](bytes(message), subject)
        .length === 1;
    } catch {
      return false;
    }
  };
  assertEquals(eventSubject(event), "events.job.finished.critic-train");
  for (const subject of [eventSubject(event), "events.job.finished"]) {
    assertEquals(isDecoded(subject, event), true);
  }
  for (const subject of ["events.job.finished.states-train", "events.job.failed.critic-train"]) {
    assertEquals(isDecoded(subject, event), false, subject);
  }
  const own = { ...event, data: { jobId, kind: "states.train" } };
  assertEquals(isDecoded(eventSubject(own), own), false, "the id names a job of another kind");
  const version = createEvent("cugro.version.published", "learners/a/versions/1.json", "a", {});
  assertEquals(isDecoded("events.version.published", version), true);
  assertEquals(isDecoded("events.job.finished.states-train", version), false);

  const progress = { jobId, kind: "critic.train", learner: "walker", step: 1, steps: 2 };
  for (const subject of [`progress.critic-train.${jobId}`, `progress.${jobId}`]) {
    assertEquals(isDecoded(subject, progress), true);
  }
  assertEquals(isDecoded(`progress.states-train.${jobId}`, progress), false);
});
