/**
 * Resources and scaling of the workers of each kind of job in Kubernetes, where every kind is a Deployment.
 * @module
 */
import type { JobKind } from "@cugro/protocol";
import type { Services } from "../../services/services.ts";

/** The workers of one kind. */
export interface Workload {
  /** Fewest processes. */
  min: number;
  /** Most processes. */
  max: number;
  /** One process is started for this many jobs that wait or run. */
  jobs: number;
  /** After this long without work (s) the last process is stopped. */
  cooldown: number;
  /** Requested processors and memory, and the limit of memory, as Kubernetes writes them. */
  cpu: string;
  memory: string;
  memoryLimit: string;
  /** Whether overlay `gpu` gives each process a GPU. */
  gpu: boolean;
}

/** Independent shards: many small processes, none while there is nothing to do; always on CPUs. */
const SAMPLING = {
  min: 0,
  max: 16,
  jobs: 4,
  cooldown: 120,
  cpu: "1",
  memory: "1Gi",
  memoryLimit: "4Gi",
  gpu: false,
};
/** One job of a task at a time: more than a few processes would be idle. */
const TRAINING = {
  min: 0,
  max: 4,
  jobs: 1,
  cooldown: 300,
  cpu: "1",
  memory: "2Gi",
  memoryLimit: "8Gi",
  gpu: true,
};

const READING: Workload = {
  min: 1,
  max: 4,
  jobs: 1,
  cooldown: 300,
  cpu: "500m",
  memory: "1Gi",
  // Files are read by ranges (services/dataset-import/README.md); a dataset that has grown is measured in memory.
  memoryLimit: "8Gi",
  gpu: false,
};

/** Workers by kind. An import and an evaluation start within seconds. */
export const WORKLOADS: Readonly<Record<JobKind, Workload>> = {
  "dataset.import": READING,
  // Few files are grown datasets of a task.
  "dataset.measure": { ...READING, min: 0, max: 2 },
  "states.sample": SAMPLING,
  "actions.label": SAMPLING,
  "states.train": TRAINING,
  "behavior.train": TRAINING,
  "critic.train": TRAINING,
  "proposer.label": SAMPLING,
  "proposer.train": TRAINING,
  "actor.label": SAMPLING,
  "actor.train": TRAINING,
  "policy.evaluate": {
    min: 0,
    max: 8,
    jobs: 2,
    cooldown: 120,
    cpu: "1",
    memory: "1Gi",
    memoryLimit: "4Gi",
    gpu: false,
  },
  "policy.estimate": {
    min: 0,
    max: 4,
    jobs: 1,
    cooldown: 120,
    cpu: "1",
    memory: "1Gi",
    memoryLimit: "4Gi",
    gpu: false,
  },
};

/** {@link WORKLOADS}, or a table like it. */
export type Workloads = Readonly<Record<string, Workload>>;

/** The workers of one kind, and the service that they belong to. */
export interface Worker {
  service: string;
  kind: JobKind;
  workload: Workload;
}

/**
 * Workers of every kind of every service, in the order of the table of services.
 *
 * @throws {RangeError} naming a kind without a workload.
 */
export function workersOf(services: Services, workloads: Workloads = WORKLOADS): Worker[] {
  return Object.entries(services).flatMap(([service, { kinds }]) =>
    kinds.map((kind) => {
      const workload = Object.hasOwn(workloads, kind) ? workloads[kind] : undefined;
      if (workload) return { service, kind, workload };
      throw new RangeError(`Kind ${kind} of service ${service} must have a row in infra/render/workloads.ts`);
    })
  );
}
