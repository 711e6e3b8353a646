/** A small part of `deno task test:datasets`, so that it works when it is needed. */
import { assert, assertEquals } from "@std/assert";
import { fuzzIsolated, fuzzReaders, noCounts } from "./readers.ts";

Deno.test("1,500 damaged files of every form are refused in one sentence, or read as they are", async () => {
  const counts = await fuzzReaders({ files: 1500, start: 7_000_000, threads: 1 });
  const { files, crashes, hangs, undetected, unforeseen, faults } = counts;
  assertEquals({ files, crashes, hangs, undetected, unforeseen, faults }, { ...bad(), files: 1500 });
  assert(counts.wasNamed > 40 && counts.refused > 500 && counts.sameData > 50, JSON.stringify(counts));
});

Deno.test("damaged files, each in a thread of its own, leave good ones as they were", async () => {
  const counts = await fuzzIsolated({ files: 20, start: 8_000_000 });
  const { files, crashes, hangs, undetected, unforeseen, faults } = counts;
  assertEquals({ files, crashes, hangs, undetected, unforeseen, faults }, { ...bad(), files: 20 });
  assert(counts.originalsUnchanged);
});

function bad() {
  const { crashes, hangs, undetected, unforeseen, faults } = noCounts();
  return { crashes, hangs, undetected, unforeseen, faults };
}
