import { assertEquals, assertRejects } from "@std/assert";
import { type BundleProgress, BundlerBusy, createBundler, type ExportInput } from "./mod.ts";
import { readyOnnxRuntime } from "./testing/ready_runtime.ts";

const ignore = !await readyOnnxRuntime();

// cast: what a bundler reads of an input, and no network.
const input = (score: number) => ({ record: { score }, acting: new Map() }) as unknown as ExportInput;
const name = (version: number) => ({ learner: "a", version });

/** A bundler whose bundles are done when a test says so. */
function bundler() {
  const begun: { end: (zip: Uint8Array<ArrayBuffer>) => void; fail: (error: Error) => void }[] = [];
  const news: ((news: Pick<BundleProgress, "model" | "done" | "inputs">) => void)[] = [];
  const made = createBundler((_input, onNews) =>
    new Promise((end, fail) => {
      begun.push({ end, fail });
      news.push(onNews);
    })
  );
  return { made, begun, news };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test(
  "a bundle is made once however many ask, tells how far it is, and is kept",
  { ignore },
  async () => {
    const { made, begun, news } = bundler();
    let read = 0;
    const gather = () => (read++, Promise.resolve(input(1)));
    const [first, second] = await Promise.all([made.ask(name(1), gather), made.ask(name(1), gather)]);
    assertEquals([first === second, read], [true, 1]);
    await settled();
    const next = await made.ask(name(2), gather);
    assertEquals([first!.progress().before, next.progress().before], [0, 1]);
    news[0]!({ model: "actor", done: 5, inputs: 10 });
    assertEquals(first!.progress(), { before: 0, model: "actor", done: 5, inputs: 10 });
    begun[0]!.end(Uint8Array.of(1));
    assertEquals(await first!.zip, Uint8Array.of(1));
    await settled();
    assertEquals([begun.length, next.progress().before], [2, 0], "the next one's turn");
    const again = await made.ask(name(1), gather);
    assertEquals([await again.zip, begun.length], [Uint8Array.of(1), 2], "it is kept");
    begun[1]!.end(Uint8Array.of(2));
    await next.zip;
    const other = await made.ask(name(1), () => Promise.resolve(input(2)));
    await settled();
    assertEquals(begun.length, 3, "the version has other scores by now");
    begun[2]!.end(Uint8Array.of(3));
    assertEquals(await other.zip, Uint8Array.of(3));
  },
);

Deno.test("what failed is told once, and then tried again; no more wait than may", { ignore }, async () => {
  const { made, begun } = bundler();
  const gather = () => Promise.resolve(input(1));
  await made.ask(name(1), gather);
  await settled();
  begun[0]!.fail(new Error("no room"));
  await settled();
  await assertRejects(async () => await (await made.ask(name(1), gather)).zip, Error, "no room");
  await made.ask(name(1), gather);
  await settled();
  assertEquals(begun.length, 2);
  for (const version of [2, 3, 4, 5]) await made.ask(name(version), gather);
  await assertRejects(() => made.ask(name(6), gather), BundlerBusy);
  await assertRejects(() => made.ask(name(7), () => Promise.reject(new RangeError("gone"))), RangeError);
  for (let i = 1; i < 6; i++) {
    begun[i]!.end(Uint8Array.of(i));
    await settled();
    await settled();
  }
});
