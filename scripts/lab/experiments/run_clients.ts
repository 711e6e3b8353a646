/**
 * Clients in a thread of their own (`act_clients.ts`), run once.
 * @module
 */
import type { ClientsResult, ClientsTask } from "./act_clients.ts";

/**
 * What the clients of one task have measured.
 *
 * @param task address, token, clients and seconds
 * @returns times of the answers, in ms
 * @throws {Error} where one of them was refused
 */
export async function runClients(task: ClientsTask): Promise<ClientsResult> {
  const worker = new Worker(new URL("./act_clients.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ClientsResult>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}
