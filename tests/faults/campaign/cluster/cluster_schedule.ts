/**
 * Which faults a run in a local cluster has, and when: a function of its seed.
 * @module
 */
import { COMPUTE_SERVICES } from "../../../../services/services.ts";
import { oneOf, randomOf } from "../seeded_random.ts";
import type { WayIn } from "../workload.ts";

/** A server by what it is for. */
export type ServerRole = "bus" | "store";

/** What can be done to a local cluster. */
export type ClusterFault =
  /** SIGKILL; its supervisor restarts it. */
  | { kind: "kill"; servers: ServerRole[] }
  /** SIGSTOP, and SIGCONT after `ms`: it takes connections and answers nothing. */
  | { kind: "stop"; servers: ServerRole[]; ms: number }
  /** SIGSTOP for good: its supervisor must end it, and restart it. */
  | { kind: "hang-server"; server: ServerRole }
  | { kind: "hang" | "kill-service"; service: string }
  /** A second cluster on the same folder, which must be refused and disturb nothing. */
  | { kind: "second-cluster" };

/** A fault and when it begins: once this share of the run's results is there. */
export interface PlannedFault {
  share: number;
  fault: ClusterFault;
}

/** What is done to a run. */
export interface ClusterPlan {
  seed: number;
  family: string;
  wayIn: WayIn;
  timeline: PlannedFault[];
}

/** Kinds of trouble; each seed has one of them in earnest, and something of another. */
export const CLUSTER_FAMILIES = [
  "store killed",
  "bus killed",
  "store stopped",
  "bus stopped",
  "both killed",
  "both stopped",
  "a service hangs",
  "a server hangs",
] as const;

/** The faults of a seed. */
export function planClusterFaults(seed: number): ClusterPlan {
  const random = randomOf(seed * 6151 + 7);
  const family = CLUSTER_FAMILIES[seed % CLUSTER_FAMILIES.length]!;
  const some = (mostMs: number) => Math.round(mostMs * (0.3 + 0.7 * random()));
  const faults = [inEarnest(family, random, some)];
  // The same again, when it has only just recovered.
  if (!family.includes("hangs")) faults.push(inEarnest(family, random, some));
  faults.push(
    oneOf<() => ClusterFault>(random, [
      () => ({ kind: "second-cluster" }),
      () => ({
        kind: "kill-service",
        service: oneOf(random, [...COMPUTE_SERVICES, "coordinator", "gateway"]),
      }),
      () => ({ kind: "kill", servers: [oneOf<ServerRole>(random, ["bus", "store"])] }),
      () => ({ kind: "stop", servers: [oneOf<ServerRole>(random, ["bus", "store"])], ms: some(3_000) }),
    ])(),
  );
  const shares = faults.map(() => 0.9 * random()).sort((a, b) => a - b);
  const timeline = faults.map((fault, i) => ({ share: shares[i]!, fault }));
  return { seed, family, wayIn: random() < 0.5 ? "handed" : "dropped", timeline };
}

function inEarnest(
  family: typeof CLUSTER_FAMILIES[number],
  random: () => number,
  some: (mostMs: number) => number,
): ClusterFault {
  switch (family) {
    case "store killed":
      return { kind: "kill", servers: ["store"] };
    case "bus killed":
      return { kind: "kill", servers: ["bus"] };
    case "both killed":
      return { kind: "kill", servers: ["bus", "store"] };
    case "store stopped":
      return { kind: "stop", servers: ["store"], ms: some(7_000) };
    case "bus stopped":
      return { kind: "stop", servers: ["bus"], ms: some(7_000) };
    case "both stopped":
      return { kind: "stop", servers: ["bus", "store"], ms: some(7_000) };
    case "a service hangs":
      return { kind: "hang", service: oneOf(random, [...COMPUTE_SERVICES, "coordinator", "gateway"]) };
    case "a server hangs":
      return { kind: "hang-server", server: oneOf<ServerRole>(random, ["bus", "store"]) };
  }
}

/** A fault in a few words. */
export function nameOf(fault: ClusterFault): string {
  switch (fault.kind) {
    case "kill":
      return `kill-${fault.servers.join("+")}`;
    case "stop":
      return `stop-${fault.servers.join("+")} ${fault.ms} ms`;
    case "hang-server":
      return `hang-${fault.server}`;
    case "hang":
    case "kill-service":
      return `${fault.kind} ${fault.service}`;
    case "second-cluster":
      return fault.kind;
  }
}
