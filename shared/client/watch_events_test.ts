import { sleep } from "@cugro/async";
import { assertEquals } from "@std/assert";
import { createClient, type WatchedEvent } from "./mod.ts";

/** Streams by connection, in pieces of `pieceBytes` bytes; the last one stays open. What each was asked to go on after. */
async function withStreams(
  streams: { text: string; pieceBytes: number }[],
  test: (url: string, asked: (string | null)[]) => Promise<void>,
): Promise<void> {
  const asked: (string | null)[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ headers }) => {
    const { text, pieceBytes } = streams[asked.length]!;
    asked.push(headers.get("last-event-id"));
    const isLast = asked.length === streams.length;
    const bytes = new TextEncoder().encode(text);
    let sent = 0;
    const gone = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (sent >= bytes.length) return isLast ? await new Promise(() => {}) : controller.close();
        controller.enqueue(bytes.subarray(sent, sent += pieceBytes));
        await sleep(0, gone.signal).catch(() => {});
      },
      cancel: () => gone.abort(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  try {
    await test(`http://127.0.0.1:${server.addr.port}`, asked);
  } finally {
    await server.shutdown();
  }
}

const event = (id: string, detail = "") => ({
  ...{ specversion: "1.0" as const, id, source: "/learners/a", type: "cugro.task.accepted" as const },
  ...{ subject: "a", datacontenttype: "application/json" as const, data: { detail } },
});
const frame = (id: string, detail = "") =>
  `id: p${id}\nevent: cugro.task.accepted\ndata: ${JSON.stringify(event(id, detail))}\n\n`;

async function watch(url: string, count: number): Promise<WatchedEvent[]> {
  const stop = new AbortController();
  const client = createClient({ url, token: "any" });
  const seen: WatchedEvent[] = [];
  for await (const one of client.events("a", { signal: stop.signal, progress: true })) {
    seen.push(one);
    if (seen.length === count) stop.abort();
  }
  return seen;
}

for (const pieceBytes of [3, 10_000]) {
  for (const [ending, name] of [["\n", "LF"], ["\r\n", "CRLF"], ["\r", "CR"]]) {
    Deno.test(`events() reads ${name} lines in pieces of ${pieceBytes} bytes`, async () => {
      const text = [
        ": a comment\n\nretry: 1000\nid: p0\n\n",
        frame("1", "größer"),
        'event: progress\ndata: {"jobId":\ndata: "j"}\n\n',
        "event: of another time\ndata: {}\n\n",
        "event:gap\ndata:{}\n\n",
        frame("2"),
      ].join("").replaceAll("\n", ending!);
      await withStreams([{ text, pieceBytes }], async (url) => {
        const type = "cugro.task.accepted";
        // deno-lint-ignore no-explicit-any -- only what is asserted on was sent
        const progress = { jobId: "j" } as any;
        assertEquals(await watch(url, 4), [
          { type, event: event("1", "größer"), place: "p1" },
          { type: "progress", progress },
          { type: "gap" },
          { type, event: event("2"), place: "p2" },
        ]);
      });
    });
  }
}

Deno.test("events() goes on after the last event it has given out, or after the place it began at", async () => {
  const streams = [
    { text: "id: p0\n\n", pieceBytes: 100 },
    // The second event is cut off, the third one comes again whole.
    { text: frame("1") + frame("2").slice(0, -3), pieceBytes: 1000 },
    { text: frame("2") + frame("3"), pieceBytes: 1000 },
  ];
  await withStreams(streams, async (url, asked) => {
    const seen = await watch(url, 3);
    assertEquals(seen.map((one) => "event" in one && one.event.id), ["1", "2", "3"]);
    assertEquals(asked, [null, "p0", "p1"]);
  });
});

Deno.test("events() end with their signal though nothing comes, and fetch does not heed it", () =>
  withStreams([{ text: frame("1"), pieceBytes: 10_000 }], async (url) => {
    const stop = new AbortController();
    const heedless: typeof fetch = (address, { signal: _, ...more } = {}) => fetch(address, more);
    const client = createClient({ url, token: "any", fetch: heedless });
    const seen: WatchedEvent[] = [];
    for await (const one of client.events("a", { signal: stop.signal })) {
      seen.push(one);
      setTimeout(() => stop.abort(), 50);
    }
    assertEquals(seen.length, 1);
  }));
