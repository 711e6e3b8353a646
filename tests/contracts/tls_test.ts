/**
 * TLS between services, bus and store: the committed overlay of compose, on real servers with certificates of the script. What names a
 * container there is led to this machine's loopback.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openNatsBus } from "@cugro/bus";
import { incomingKey } from "@cugro/protocol";
import { readConfig, readStoreConfig } from "@cugro/process";
import { openStore } from "@cugro/store";
import { Client, NotificationConfig, QueueConfig } from "minio";
import { Buffer } from "node:buffer";
import { request } from "node:https";
import { join } from "node:path";
import { makeCertificates } from "../../infra/certificates.ts";
import { readDocuments, type Value } from "../../infra/check/documents.ts";
import { MINIO_ROOT, minioProgram } from "../../scripts/cluster/object_store/minio.ts";
import { targetEnvironment } from "../../scripts/cluster/object_store/minio_bucket.ts";
import { type RunningServer, startNats, startServer } from "../../scripts/cluster/servers.ts";
import { withFolder } from "../fakes/test_folder.ts";

const OVERLAY = readDocuments("compose.tls.yaml")[0]!.value.services as Record<string, Value>;
const KEYS = { CUGRO_S3_ACCESS_KEY: MINIO_ROOT.user, CUGRO_S3_SECRET_KEY: MINIO_ROOT.password };

/** nats-server as the overlay's configuration has it; the file that it includes holds users and limits, of which none are needed here. */
async function startTlsNats(folder: string, certificates: string): Promise<RunningServer> {
  const committed = await Deno.readTextFile(new URL("../../infra/nats/nats_tls.conf", import.meta.url));
  const configFile = join(folder, "nats_tls.conf");
  await Deno.writeTextFile(join(folder, "nats.conf"), "max_payload: 256KB\n");
  await Deno.writeTextFile(configFile, committed.replaceAll("/tls/", `${certificates}/`));
  return await startNats({ folder: join(folder, "nats"), configFile });
}

/** MinIO with the overlay's variables and arguments. */
async function startTlsMinio(
  folder: string,
  certificates: string,
  nats: RunningServer,
): Promise<RunningServer> {
  const certs = join(folder, "certs");
  for (const volume of OVERLAY.minio.volumes as string[]) {
    const [, file, target] = /\/tls\/([\w.]+):\/certs\/([\w./]+):ro$/.exec(volume)!;
    await Deno.mkdir(join(certs, target!, ".."), { recursive: true });
    await Deno.copyFile(join(certificates, file!), join(certs, target!));
  }
  const targets = targetEnvironment(nats.url, join(folder, "queue"), ["SAFE", "FAST"]);
  const own = Object.fromEntries(
    Object.entries(OVERLAY.minio.environment as Record<string, string>).map((
      [name, value],
    ) => [name, value.replace("/certs/", `${certs}/`)]),
  );
  const program = await minioProgram({ folder: join(folder, "minio"), environment: { ...targets, ...own } });
  const ca = await Deno.readTextFile(join(certificates, "ca.pem"));
  const url = program.url.replace("http:", "https:");
  const args = [...program.args, "--certs-dir", certs];
  return await startServer({
    ...program,
    args,
    url,
    isReady: () => isReady(`${url}/minio/health/ready`, ca),
  });
}

function isReady(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { ca, agent: false }, (answer) => {
      answer.resume().on("close", () => resolve(answer.statusCode === 200));
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/** A service's variables by the overlay. */
function environmentOf(service: string, certificates: string, nats: RunningServer, minio: RunningServer) {
  const hosts = { "nats:4222": new URL(nats.url).host, "minio:9000": new URL(minio.url).host };
  const over = OVERLAY[service].environment as Record<string, string>;
  const led = Object.entries(over).map(([name, value]) => {
    const text = Object.entries(hosts).reduce((text, [host, place]) => text.replace(host, place), value);
    return [name, text.replace("/tls/", `${certificates}/`)];
  });
  // Its patched fork, which compose runs, is no Go module; the forms that plain MinIO takes are tried over TLS, too.
  const unsafe = { CUGRO_S3_UNSAFE: "allow" };
  return { CUGRO_STORE: "s3://cugro", ...KEYS, ...unsafe, ...Object.fromEntries(led) } as Record<
    string,
    string
  >;
}

async function prepareBucket({ url }: RunningServer, ca: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const { Agent } = await import("node:https");
  const transportAgent = new Agent({ ca });
  const client = new Client({
    ...{ endPoint: hostname, port: Number(port), useSSL: true, transportAgent },
    ...{ accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password },
  });
  await client.makeBucket("cugro");
  const notifications = new NotificationConfig();
  for (const target of ["SAFE", "FAST"]) {
    const queue = new QueueConfig(`arn:minio:sqs::${target}:nats`);
    queue.addEvent("s3:ObjectCreated:*");
    queue.addFilterPrefix("incoming/");
    notifications.add(queue);
  }
  await client.setBucketNotification("cugro", notifications);
  await client.putObject("cugro", "first", Buffer.from("first"));
  transportAgent.destroy();
}

Deno.test("the overlay for TLS: bus, store and notifications work with its certificates, and nothing without them", () =>
  withFolder(async (folder) => {
    const certificates = join(folder, "tls");
    const made = await makeCertificates(certificates);
    assertEquals(made.sort(), ["ca", "minio", "nats"].flatMap((name) => [`${name}.key`, `${name}.pem`]));
    assertEquals(await makeCertificates(certificates), []);
    const open = join(folder, "open");
    await Deno.mkdir(open, { mode: 0o755 });
    await assertRejects(() => makeCertificates(open), Error, `Others may look into ${open}`);
    assertEquals([...Deno.readDirSync(open)], []);
    const ca = await Deno.readTextFile(join(certificates, "ca.pem"));
    const nats = await startTlsNats(folder, certificates);
    const servers = [nats];
    try {
      const natsUrl = nats.url.replace("nats:", "tls:");
      const bus = await openNatsBus({ servers: [natsUrl], name: "test", ca });
      const minio = await startTlsMinio(folder, certificates, nats);
      servers.push(minio);
      await prepareBucket(minio, ca);
      const environment = environmentOf("coordinator", certificates, nats, minio);
      assertEquals(readConfig(environment).nats!.servers, [natsUrl]);
      const safe = readStoreConfig({ ...environment, CUGRO_S3_UNSAFE: "" });
      await assertRejects(() => openStore(safe), Error, "it takes a write with an unsigned trailer");
      const store = await openStore(readStoreConfig(environment));
      const received = Promise.withResolvers<string>();
      const end = await bus.subscribe("incoming", ({ key }) => received.resolve(key));
      await store.put(incomingKey("one", "a.hdf5"), new TextEncoder().encode("a"));
      assertEquals(await received.promise, incomingKey("one", "a.hdf5"));
      end();
      await store.close();
      await bus.close();
      await isRefusedWithout(environment, nats.url);
    } finally {
      for (const server of servers.reverse()) await server.stop();
    }
  }));

async function isRefusedWithout(environment: Record<string, string>, plain: string): Promise<void> {
  const { CUGRO_S3_CA_FILE: file, ...unknown } = environment;
  await assertRejects(() => openStore(readStoreConfig(unknown)), Error, "certificate");
  const missing = { ...environment, CUGRO_S3_CA_FILE: `${file}.not` };
  await assertRejects(() => openStore(readStoreConfig(missing)), Error, "CUGRO_S3_CA_FILE names");
  const noCertificate = { ...environment, CUGRO_S3_CA_FILE: file!.replace("ca.pem", "minio.key") };
  await assertRejects(
    () => openStore(readStoreConfig(noCertificate)),
    Error,
    "must name a PEM file with a certificate",
  );
  const signal = AbortSignal.timeout(1_000);
  const opened = await openNatsBus({ servers: [plain], name: "test", signal }).then(
    async (bus) => (await bus.close(), undefined),
    (error: Error) => error,
  );
  // nats-server asks for TLS at once, and the client, which is willing, does not know the CA.
  assert(opened !== undefined, "a client that does not know the CA must not get in");
}
