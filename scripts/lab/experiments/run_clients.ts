/**
 * Clients in a thread of their own (`act_clients.ts`).
 * @module
 */
import type { ClientsResult, ClientsTask } from "./act_clients.ts";

/** A thread of clients, which keep their connections from task to task. */
export interface Clients {
  /** What the clients of one task have measured. @throws {Error} where one of them was refused */
  run(task: ClientsTask): Promise<ClientsResult>;
  close(): void;
}

/**
 * Starts a thread for clients; it does one task at a time.
 *
 * @returns runs tasks until it is closed
 */
export function openClients(): Clients {
  const worker = new Worker(new URL("./act_clients.ts", import.meta.url), { type: "module" });
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(task);
      }),
    close: () => worker.terminate(),
  };
}

/**
 * What the clients of one task have measured, in a thread for it alone.
 *
 * @param task address, token, clients and seconds
 * @returns times of the answers, in ms
 * @throws {Error} where one of them was refused
 */
export async function runClients(task: ClientsTask): Promise<ClientsResult> {
  const clients = openClients();
  try {
    return await clients.run(task);
  } finally {
    clients.close();
  }
}
