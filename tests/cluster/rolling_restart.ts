/**
 * A rolling restart of every process of a cluster, while clients ask the gateways without pause.
 * @module
 */
import { sleep } from "@cugro/async";
import { assert, assertEquals } from "@std/assert";
import type { Cluster } from "../../scripts/cluster/cluster.ts";
import type { ClusterProcess } from "../../scripts/cluster/service_programs.ts";

const POLL_MS = 100;
const PAUSE_MS = 25;
const READY_MS = 120_000;

/** What became of the requests. */
export interface LoadReport {
  answered: number;
  /** Of those, actions decided. */
  decided: number;
  /** Each request that got no answer, or a bad one. */
  lost: string[];
}

/** Clients that ask whichever gateways say that they are ready, in turn, as behind a balancer. */
export function sendLoad(
  cluster: Cluster,
  { learner, stateDim, clients = 3 }: { learner: string; stateDim: number; clients?: number },
): { stop(): Promise<LoadReport> } {
  const gateways = cluster.processes.filter(({ service }) => service === "gateway");
  const ready = new Set(gateways);
  const report: LoadReport = { answered: 0, decided: 0, lost: [] };
  let stopped = false;
  const watch = async (one: ClusterProcess) => {
    while (!stopped) {
      if (await one.isReady()) ready.add(one);
      else ready.delete(one);
      await sleep(POLL_MS);
    }
  };
  const client = async (number: number) => {
    for (let n = number; !stopped; n += clients, await sleep(PAUSE_MS)) {
      const url = [...ready][n % ready.size]?.url;
      const { path, init } = requestOf(n, learner, stateDim);
      try {
        assert(url, "no gateway is ready");
        const headers = { authorization: `Bearer ${cluster.adminToken}`, "content-type": "application/json" };
        const answer = await fetch(`${url}${path}`, { ...init, headers });
        const text = await answer.text();
        assertEquals(answer.status, 200, text);
        report.answered++;
        if (path.endsWith("/act")) report.decided++;
      } catch (error) {
        report.lost.push(`${path} at ${url}: ${error}`);
      }
    }
  };
  const running = [...gateways.map(watch), ...Array.from({ length: clients }, (_, index) => client(index))];
  return {
    async stop() {
      stopped = true;
      await Promise.all(running);
      return report;
    },
  };
}

function requestOf(n: number, learner: string, stateDim: number): { path: string; init: RequestInit } {
  const path = `/v1/learners/${learner}`;
  if (n % 3 === 0) return { path, init: {} };
  if (n % 3 === 1) return { path: `${path}/versions`, init: {} };
  const observations = [Array.from({ length: stateDim }, (_, i) => Math.sin(n + i))];
  const body = JSON.stringify({ task: 1 + n % 2, observations, seed: n });
  return { path: `${path}/act`, init: { method: "POST", body } };
}

/** One process after the other: SIGTERM, its end with status 0, a new one, which is waited for. */
export async function restartAll({ processes }: Cluster): Promise<void> {
  for (const one of processes) {
    assertEquals(await one.stop(), 0, `${one.service}: ${one.output()}`);
    one.start();
    const deadline = performance.now() + READY_MS;
    while (!await one.isReady()) {
      assert(performance.now() < deadline, `${one.service} does not become ready: ${one.output()}`);
      await sleep(POLL_MS);
    }
  }
}
