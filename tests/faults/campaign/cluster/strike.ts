/**
 * Faults carried out on a local cluster.
 * @module
 */
import { sleep } from "@cugro/async";
import { type Cluster, startCluster } from "../../../../scripts/cluster/cluster.ts";
import { FolderHeld } from "../../../../scripts/cluster/folder.ts";
import type { Supervised } from "../../../../scripts/cluster/supervised.ts";
import type { ClusterFault, ServerRole } from "./cluster_schedule.ts";

/** What was struck must be at work again within this, on a machine that has other work. */
const BACK_MS = 180_000;
const POLL_MS = 50;

/**
 * Does it, and waits until what was struck is ready again.
 *
 * @throws {Error} if that does not come about
 */
export async function strike(fault: ClusterFault, cluster: Cluster): Promise<void> {
  switch (fault.kind) {
    case "kill":
      return void await Promise.all(fault.servers.map((role) => kill(serverOf(cluster, role))));
    case "stop":
      return void await Promise.all(fault.servers.map((role) => stop(serverOf(cluster, role), fault.ms)));
    case "hang-server":
      return await hang(serverOf(cluster, fault.server));
    case "kill-service":
      return await kill(cluster.child(fault.service));
    case "hang":
      return await hang(cluster.child(fault.service));
    case "second-cluster":
      return await startSecond(cluster);
  }
}

function serverOf({ servers }: Cluster, role: ServerRole): Supervised {
  return servers[role === "bus" ? 0 : 1]!;
}

async function kill(child: Supervised): Promise<void> {
  const { pid } = child;
  child.kill("SIGKILL");
  await untilReplaced(child, pid, "was killed");
}

/** One that is ended in the meantime, as it seemed to hang, is started again like any other. */
async function stop(child: Supervised, ms: number): Promise<void> {
  const { pid } = child;
  child.kill("SIGSTOP");
  await sleep(ms);
  if (child.pid === pid) child.kill("SIGCONT");
  await untilReady(child, "was stopped");
}

async function hang(child: Supervised): Promise<void> {
  const { pid } = child;
  child.kill("SIGSTOP");
  await untilReplaced(child, pid, "hangs");
}

/** Waits until a process that was ended has a successor, and that one is ready. @throws {Error} if that does not come about */
export async function untilReplaced(child: Supervised, pid: number | undefined, what: string): Promise<void> {
  const deadline = performance.now() + BACK_MS;
  while (child.pid === pid || child.pid === undefined) {
    if (performance.now() > deadline) throw new Error(`${child.name} ${what}, and nobody starts it again`);
    await sleep(POLL_MS);
  }
  await untilReady(child, what);
}

async function untilReady(child: Supervised, what: string): Promise<void> {
  const deadline = performance.now() + BACK_MS;
  while (!await child.isReady()) {
    if (performance.now() > deadline) throw new Error(`${child.name} ${what}, and is not ready again`);
    await sleep(POLL_MS);
  }
}

async function startSecond({ folder }: Cluster): Promise<void> {
  let second: Cluster;
  try {
    second = await startCluster({ folder });
  } catch (error) {
    if (error instanceof FolderHeld) return;
    throw error;
  }
  await second.stop();
  throw new Error("a second cluster was started on the same folder");
}
