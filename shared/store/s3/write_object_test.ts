import { assertEquals, assertRejects } from "@std/assert";
import { repeatConflicts } from "./write_object.ts";

/** A write that S3 refuses so often with a code. */
function refused(code: string, times: number): { write(): Promise<string>; asked: number } {
  const writes = {
    asked: 0,
    write: () =>
      writes.asked++ < times
        ? Promise.reject(Object.assign(new Error("no"), { name: code }))
        : Promise.resolve("done"),
  };
  return writes;
}

Deno.test("repeatConflicts() makes a write again that was denied as its folder had just gone", async () => {
  const writes = refused("AccessDenied", 2);
  assertEquals(await repeatConflicts(writes.write), "done");
  assertEquals(writes.asked, 3);
});

Deno.test("repeatConflicts() gives a denial up after three requests, and other errors at once", async () => {
  const denied = refused("AccessDenied", 9);
  await assertRejects(() => repeatConflicts(denied.write), Error, "no");
  assertEquals(denied.asked, 3);
  const wrong = refused("NoSuchBucket", 9);
  await assertRejects(() => repeatConflicts(wrong.write), Error, "no");
  assertEquals(wrong.asked, 1);
});
