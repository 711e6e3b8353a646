import { assertEquals, assertThrows } from "@std/assert";
import { decodeJob, DECODERS, parseNotification } from "./messages.ts";

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
  assertThrows(() => DECODERS.progress(bytes({ jobId: "ab" })));
  assertEquals(DECODERS.incoming(bytes({ key: "incoming/w/a", size: 3 })), [{
    key: "incoming/w/a",
    size: 3,
  }]);
});
