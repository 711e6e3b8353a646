/**
 * A nats-server of a test's own, with clients of the bus, and everything that can happen to it.
 * @module
 */
import type { NatsBusOptions } from "../../shared/bus/nats/nats_options.ts";
import { connect } from "@nats-io/transport-node";
import { createLog } from "@cugro/telemetry";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { sha256 } from "@cugro/protocol";
import { freePort, type RunningServer, startNats } from "../../scripts/cluster/servers.ts";

const log = createLog({ level: "silent" });

/** A nats-server with clients, which a test can stop, hang and restart. */
export interface TestServer {
  url: string;
  /** Opens a client; it is closed with the server. */
  open(options?: Partial<NatsBusOptions>): Promise<NatsBus>;
  /** Sends a signal to the server. */
  signal(name: NodeJS.Signals): void;
  /** Kills the server with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port; `empty`: its folder has been lost. */
  start(options?: { empty?: boolean }): Promise<void>;
  /** A request to the server by a client that is not a bus: what an administrator might do. */
  administer(subject: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Publishes raw bytes, as others do. */
  publish(subject: string, payload: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Starts a server in a folder of its own. */
export async function startTestServer({ configFile }: { configFile?: string } = {}): Promise<TestServer> {
  const folder = await Deno.makeTempDir({ prefix: "cugro-nats-" });
  const port = await freePort();
  const clients: NatsBus[] = [];
  const settings = {
    folder: `${folder}/jetstream`,
    port,
    ...(configFile === undefined ? {} : { configFile }),
  };
  let server: RunningServer = await startNats(settings);
  const withClient = async <T>(
    use: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>,
  ): Promise<T> => {
    const client = await connect({ servers: [server.url] });
    try {
      return await use(client);
    } finally {
      await client.drain();
    }
  };
  const kill = async () => {
    server.signal("SIGKILL");
    await server.stop();
  };
  return {
    url: server.url,
    async open(options = {}) {
      const client = await openNatsBus({ servers: [server.url], name: "test", log, ...options });
      clients.push(client);
      return client;
    },
    signal: (name) => server.signal(name),
    kill,
    async start({ empty = false } = {}) {
      if (empty) await Deno.remove(settings.folder, { recursive: true });
      server = await startNats(settings);
    },
    administer: (subject, body = {}) =>
      withClient(async (client) => {
        const { data } = await client.request(subject, JSON.stringify(body), { timeout: 10_000 });
        return JSON.parse(new TextDecoder().decode(data));
      }),
    publish: (subject, payload) => withClient((client) => Promise.resolve(client.publish(subject, payload))),
    async dispose() {
      for (const client of clients) await client.close();
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Runs a test with a server of its own. */
export function natsTest(title: string, run: (server: TestServer) => Promise<void>): void {
  Deno.test(title, async () => {
    const server = await startTestServer();
    try {
      await run(server);
    } finally {
      await server.dispose();
    }
  });
}

/** A job message. */
export const jobMessage = (name: string) => ({
  jobId: sha256(name),
  kind: "states.sample" as const,
  learner: "walker",
});
