import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { execFileSync } from "node:child_process";
import { createEvent, versionKey } from "@cugro/protocol";
import { send } from "./send.ts";
import { newSecret } from "./signature.ts";

const hasOpenssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);
const options = { privateAddresses: true, timeoutMs: 10_000 };
const event = createEvent("cugro.version.published", versionKey("a", 1), "a", { version: 1 });
const outgoing = (url: string) => ({ url, secret: newSecret(), id: "id", event });

/** A certificate for this name, signed by itself. */
function certify(folder: string, name: string): { cert: string; key: string } {
  const [key, cert] = [`${folder}/${name}.key`, `${folder}/${name}.pem`];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    ...subject,
    "-keyout",
    key,
    "-out",
    cert,
  ];
  execFileSync("openssl", args, { stdio: "ignore" });
  return { cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) };
}

Deno.test({
  name: "send() over TLS asks the judged address, and still wants the certificate of the name",
  ignore: !hasOpenssl,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "cugro-tls-" });
    try {
      for (
        const [name, trusted, delivered] of [["localhost", true, true], ["other.test", true, false], [
          "localhost",
          false,
          false,
        ]] as const
      ) {
        const { cert, key } = certify(folder, name);
        let host = "";
        const server = Deno.serve(
          { port: 0, hostname: "127.0.0.1", cert, key, onListen: () => {} },
          (request) => {
            host = request.headers.get("host")!;
            return new Response();
          },
        );
        const url = `https://localhost:${server.addr.port}/hook`;
        const sent = await send(outgoing(url), { ...options, ...(trusted ? { ca: cert } : {}) });
        assertEquals(sent.delivered, delivered, `${name}: ${sent.attempt.error}`);
        if (delivered) assertEquals(host, `localhost:${server.addr.port}`);
        else assertEquals(sent.attempt.status, null);
        await server.shutdown();
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("send() reads a bounded part of an endless answer, and heeds Retry-After", async () => {
  const endless = () => {
    const piece = new Uint8Array(16_384);
    return new ReadableStream({ pull: (controller) => controller.enqueue(piece) });
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/endless") return new Response(endless());
    return new Response(null, { status: 503, headers: { "retry-after": "120" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const long = await send(outgoing(`${url}/endless`), options);
  assert(long.delivered, long.attempt.error ?? "");
  const busy = await send(outgoing(`${url}/busy`), options);
  assertEquals([busy.delivered, busy.final, busy.retryAfterMs], [false, false, 120_000]);
  await server.shutdown();
  const nobody = await send(outgoing(url), options);
  assertEquals([nobody.delivered, nobody.attempt.status], [false, null]);
  assertStringIncludes(nobody.attempt.error!.toLowerCase(), "refused");
});
