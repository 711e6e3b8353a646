import { assertEquals, assertStringIncludes } from "@std/assert";

const WATCH = new URL("./hang_watch.ts", import.meta.url);

/** A process that is watched, with no right but to read its program. */
async function runWatched(
  work: string,
  env: Record<string, string> = {},
): Promise<{ end: string; output: string }> {
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
    env,
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(program));
  await input.close();
  const { code, signal, stderr } = await child.output();
  return { end: signal ?? `status ${code}`, output: new TextDecoder().decode(stderr) };
}

Deno.test("watchForHang() ends a process whose event loop stands still, without any rights, and none that turns at times", async () => {
  // Deno's exporter of metrics asks every thread, at the end, too.
  const exporting = {
    OTEL_DENO: "true",
    OTEL_METRIC_EXPORT_INTERVAL: "200",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
  };
  const [hanging, ending, busy] = await Promise.all([
    runWatched("block(60_000);"),
    runWatched("await turn(1_500); setTimeout(() => {}, 60_000);", exporting),
    runWatched("for (let n = 0; n < 3; n++) { block(900); await turn(10); }"),
  ]);
  assertEquals(hanging.end, "SIGKILL", hanging.output);
  const { level, service, event } = JSON.parse(hanging.output.trim().split("\n").at(-1)!);
  assertEquals([level, service], ["error", "test"]);
  assertStringIncludes(event, "has stood still for 2 s");
  assertEquals(ending.end, "status 0");
  assertEquals(busy, { end: "status 0", output: "" });
});
