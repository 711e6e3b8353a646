/**
 * Receives what a webhook sends, and prints each event once.
 *
 * `webhook_receiver.ts SECRET_FILE [PORT]`, under Deno or Node. The secret is what making the webhook told; its file is read at
 * each request, so that the receiver may run before there is one, and a new one counts at once.
 * @module
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { BadSignature, verifyWebhook } from "@cugro/client";

/** No event is larger. */
const MOST_BYTES = 1 << 20;
const seen = new Set<string>();
const [secretFile = "webhook.secret", port = "8000"] = process.argv.slice(2);

async function receive(request: IncomingMessage): Promise<[number, string]> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MOST_BYTES) return [413, "an event is smaller"];
  }
  try {
    const secret = (await readFile(secretFile, "utf8")).trim();
    const body = Buffer.concat(pieces).toString("utf8");
    const event = await verifyWebhook({ secret, headers: request.headers, body });
    // Events come at least once. What is done with one should be done before the answer: without a 2xx it comes again.
    if (!seen.has(event.id)) console.log(event.type, event.subject, JSON.stringify(event.data));
    seen.add(event.id);
    return [204, ""];
  } catch (error) {
    if (error instanceof BadSignature) return [401, error.message];
    throw error;
  }
}

const server = createServer((request, response) => {
  receive(request).then(
    ([status, text]) => response.writeHead(status).end(text),
    (error) => {
      console.error(error);
      response.writeHead(500).end();
    },
  );
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
