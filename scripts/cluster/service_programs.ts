/**
 * Services as programs: with the permissions of the table of services, and asked by their instance whether they are
 * ready.
 * @module
 */
import process from "node:process";
import { confine, type ConfinedProcess, ROOT } from "../../services/confined_process.ts";
import {
  COMPUTE_SERVICES,
  mainOf,
  type Service,
  type ServiceName,
  SERVICES,
  type Services,
  WORKER,
  workerOf,
} from "../../services/services.ts";
import { answers, type Program } from "./program.ts";
import { Supervised, type Supervision } from "./supervised.ts";

/** Longer than a gateway drains (`CUGRO_DRAIN_SECONDS`). */
const GRACE_MS = 60_000;
const ASK_MS = 5_000;

/** The order in which services are started: workers before those that give them work. */
export function startOrder<Name extends string = ServiceName>(
  services: Readonly<Record<Name, Service>> = SERVICES as Services,
): Name[] {
  const names = Object.keys(services) as Name[];
  const workers = names.filter((name) => services[name].kinds.length > 0);
  return [...workers, ...names.filter((name) => services[name].kinds.length === 0).reverse()];
}

/** The kind of a process of a cluster: a service, or one that does the jobs of all. */
export type ProcessSort = ServiceName | typeof WORKER;

/** Whether it gives work to others instead of doing jobs. */
export function givesWork(sort: ProcessSort): boolean {
  return sort !== WORKER && SERVICES[sort].kinds.length === 0;
}

/** Numbers of processes. */
export interface ProcessCounts {
  /** Of services; 0 leaves one out. @default 1 of each, but none of those that do jobs where `together` is given */
  processes?: Partial<Record<ServiceName, number>>;
  /** Of processes that do the jobs of all services. @default none */
  together?: number;
}

/** The processes of a cluster, in the order in which they are started. */
export function placesOf(
  { processes = {}, together = 0 }: ProcessCounts,
): { service: ProcessSort; index: number }[] {
  const usual = (service: ServiceName) => together > 0 && COMPUTE_SERVICES.includes(service) ? 0 : 1;
  const counts: [ProcessSort, number][] = [
    [WORKER, together],
    ...startOrder().map((service): [ProcessSort, number] => [service, processes[service] ?? usual(service)]),
  ];
  return counts.flatMap(([service, count]) =>
    Array.from({ length: count }, (_, index) => ({ service, index }))
  );
}

/** What a service's process is called: `gateway`, `gateway.1`. */
export function processName(service: string, index: number): string {
  return index === 0 ? service : `${service}.${index}`;
}

/** A service's process, the one after the other. */
export class ClusterProcess extends Supervised {
  constructor(
    readonly service: ProcessSort,
    /** 0-based, among those of its service. */
    readonly index: number,
    program: Program,
    supervision: Supervision,
  ) {
    super(program, supervision);
  }
}

/** How a service's process is started. */
export interface ServiceOptions {
  service: ProcessSort;
  index: number;
  port: number;
  /** Added to this process's environment. */
  environment: Readonly<Record<string, string>>;
  /** With all permissions of Deno instead of its own. @default false */
  unconfined?: boolean;
}

/** Start arguments of a service's process: Deno's flags for its own permissions, and their environment. */
export function confineService(
  service: string,
  own: Readonly<Record<string, string>>,
  services: Services = SERVICES,
): ConfinedProcess {
  return confine((service === WORKER ? workerOf(services) : services[service]!).access, own, service);
}

/** A service as a program. */
export function serviceProgram({ service, index, port, environment, unconfined }: ServiceOptions): Program {
  const url = `http://127.0.0.1:${port}`;
  const own = { OTEL_SERVICE_NAME: service, ...environment, CUGRO_HTTP_PORT: String(port) };
  const main = mainOf(service);
  return {
    name: processName(service, index),
    command: process.execPath,
    ...unconfined
      ? { args: ["run", "-A", main] }
      : { args: [main], prepare: () => confineService(service, own) },
    environment: own,
    cwd: ROOT,
    url,
    isReady: ({ instance }) => isAnsweredBy(`${url}/readyz`, ASK_MS, instance),
    isAlive: ({ instance }, timeoutMs) => isAnsweredBy(`${url}/healthz`, timeoutMs, instance),
    graceMs: GRACE_MS,
  };
}

/** Whether it is the very process of this instance that says yes, and not another that has its port. */
function isAnsweredBy(url: string, timeoutMs: number, instance: string): Promise<boolean> {
  return answers(url, timeoutMs, async (answer) => answer.ok && (await answer.json()).instance === instance);
}
