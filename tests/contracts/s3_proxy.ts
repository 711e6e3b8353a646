/**
 * Stands between an S3 client and its server and spoils what passes: answers get lost, bodies stop or are cut off.
 * @module
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What happens to one exchange. The server always gets the whole request. */
export type Spoil =
  | "nothing"
  | "lose the answer"
  | "stop in the body"
  | "cut the body off"
  /** The server gets it after a second only; a client that repeats it meanwhile is not waited for. */
  | "hold it back"
  /** The proxy says that a multipart upload is complete, as Versity's gateway does while it is not yet. */
  | "claim completion";

const HELD_MS = 1_000;
const COMPLETION = '<CompleteMultipartUploadResult><ETag>"0-2"</ETag></CompleteMultipartUploadResult>';

/** A proxy that runs. */
export interface Proxy {
  url: string;
  /** What was asked so far: `PUT /bucket/key`. */
  seen: string[];
  close(): Promise<void>;
}

/**
 * Starts a proxy for the server at `target`.
 *
 * @param judge says what to do, by method and path with query
 */
export async function startProxy(
  target: string,
  judge: (method: string, path: string) => Spoil,
): Promise<Proxy> {
  const seen: string[] = [];
  const held = new Set<ReturnType<typeof setTimeout>>();
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    seen.push(`${method} ${url}`);
    const spoil = judge(method, url);
    if (spoil === "claim completion") return void incoming.resume().on("end", () => outgoing.end(COMPLETION));
    // The Host header stays as the client signed it.
    const onward = () => {
      const asked = request(target + url, { method, headers, agent: false });
      asked.on("response", (answer) => pass(answer, outgoing, spoil));
      return asked.on("error", () => outgoing.destroy());
    };
    if (spoil !== "hold it back") return void incoming.pipe(onward());
    // As a whole: what a client that has given up leaves unread is gone.
    buffer(incoming).then((body) => {
      const timer = setTimeout(() => {
        held.delete(timer);
        onward().end(body);
      }, HELD_MS);
      held.add(timer);
    }, () => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const timer of held) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(answer: IncomingMessage, outgoing: ServerResponse, spoil: Spoil): void {
  if (spoil === "lose the answer") {
    answer.resume().on("end", () => outgoing.destroy());
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
  if (spoil === "nothing") {
    answer.pipe(outgoing);
    return;
  }
  answer.once("data", (piece: Uint8Array) => {
    outgoing.write(piece.subarray(0, 1000));
    if (spoil === "cut the body off") setTimeout(() => outgoing.destroy(), 20);
  });
  answer.resume();
}
