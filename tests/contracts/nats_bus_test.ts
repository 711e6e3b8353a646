import { createLog, type NatsBus, openNatsBus } from "@cugro/platform";
import { type RunningServer, startNats } from "../../scripts/cluster/servers.ts";
import { busContract } from "./bus_contract.ts";

const ACK_WAIT = 1_500;
const log = createLog({ level: "silent" });

async function openFresh() {
  const folder = await Deno.makeTempDir({ prefix: "cugro-nats-" });
  const server = await startNats({ folder });
  const clients: NatsBus[] = [];
  const connect = async () => {
    const client = await openNatsBus({ servers: [server.url], name: "test", ackWaitMs: ACK_WAIT, log });
    clients.push(client);
    return client;
  };
  const dispose = async () => {
    for (const client of clients) await client.close();
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  };
  return { bus: await connect(), connect, ackWaitMs: ACK_WAIT, dispose, server: server as RunningServer };
}

busContract("nats", openFresh);
