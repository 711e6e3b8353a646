import { assertEquals, assertStringIncludes } from "@std/assert";

const WATCH = new URL("./hang_watch.ts", import.meta.url);

/** A process that is watched, with no right but to read its program. */
async function runWatched(work: string): Promise<{ end: string; said: string }> {
  const program = `
    import { watchForHang } from "${WATCH}";
    const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
    const turn = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    watchForHang(2_000, { service: "test" }, { warn: console.error });
    await turn(300);
    ${work}
    Deno.exit(0);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-read", "-"],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(program));
  await input.close();
  const { code, signal, stderr } = await child.output();
  return { end: signal ?? `status ${code}`, said: new TextDecoder().decode(stderr) };
}

Deno.test("watchForHang() ends a process whose event loop stands still, without any rights, and none that turns at times", async () => {
  const [hanging, busy] = await Promise.all([
    runWatched("block(60_000);"),
    runWatched("for (let n = 0; n < 3; n++) { block(900); await turn(10); }"),
  ]);
  assertEquals(hanging.end, "SIGKILL", hanging.said);
  const { level, service, event } = JSON.parse(hanging.said.trim().split("\n").at(-1)!);
  assertEquals([level, service], ["error", "test"]);
  assertStringIncludes(event, "has stood still for 2 s");
  assertEquals(busy, { end: "status 0", said: "" });
});
