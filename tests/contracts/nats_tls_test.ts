import { execFileSync } from "node:child_process";
import { assertEquals, assertRejects } from "@std/assert";
import { openNatsBus } from "@cugro/bus";
import { jobMessage, startTestServer } from "../fakes/nats_server.ts";

const openssl = (folder: string, ...args: string[]) =>
  execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });

/** A CA and a server's certificate for this machine, with their keys. */
function makeCertificates(folder: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    folder,
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=test",
    "-days",
    "2",
  );
  openssl(folder, "req", ...key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost");
  Deno.writeTextFileSync(`${folder}/names`, "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"];
  openssl(folder, "x509", "-req", "-in", "request.pem", "-out", "cert.pem", ...signed);
}

function hasOpenssl(): boolean {
  try {
    openssl(".", "version");
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "openNatsBus() over TLS works with the CA, and without it waits until told to stop, then says why",
  ignore: !hasOpenssl(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "cugro-nats-tls-" });
    makeCertificates(folder);
    const configFile = `${folder}/nats.conf`;
    await Deno.writeTextFile(
      configFile,
      `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
    );
    const server = await startTestServer({ configFile });
    const servers = [server.url.replace("nats:", "tls:")];
    const ca = await Deno.readTextFile(`${folder}/ca.pem`);
    try {
      const bus = await openNatsBus({ servers, name: "test", ca });
      assertEquals(await bus.submit(jobMessage("a")), "queued");
      await bus.close();
      const signal = AbortSignal.timeout(1_000);
      await assertRejects(() => openNatsBus({ servers, name: "test", signal }), Error, "certificate");
    } finally {
      await server.dispose();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
