/**
 * Services as programs: with the permissions of the table of services, and asked by their instance whether they are
 * ready.
 * @module
 */
import process from "node:process";
import { confine, type ConfinedProcess, ROOT } from "../../services/confined_process.ts";
import { type Service, type ServiceName, SERVICES, type Services } from "../../services/services.ts";
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

/** What a service's process is called: `gateway`, `gateway.1`. */
export function processName(service: string, index: number): string {
  return index === 0 ? service : `${service}.${index}`;
}

/** A service's process, the one after the other. */
export class ClusterProcess extends Supervised {
  constructor(
    readonly service: ServiceName,
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
  service: ServiceName;
  index: number;
  port: number;
  /** Added to this process's environment. */
  environment: Readonly<Record<string, string>>;
  /** With all permissions of Deno instead of its own. @default false */
  unconfined?: boolean;
}

/** What a process of the service is started with: Deno's flags for its own permissions, and what goes with them. */
export function confineService(
  service: string,
  own: Readonly<Record<string, string>>,
  services: Services = SERVICES,
): ConfinedProcess {
  return confine(services[service]!.access, own, service);
}

/** The program of a service, in the repository's folder. */
export const mainOf = (service: string): string => `services/${service}/main.ts`;

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
    isReady: ({ instance }) => saysOf(`${url}/readyz`, ASK_MS, instance),
    isAlive: ({ instance }, timeoutMs) => saysOf(`${url}/healthz`, timeoutMs, instance),
    graceMs: GRACE_MS,
  };
}

/** Whether it is the very process of this instance that says yes, and not another that has its port. */
function saysOf(url: string, timeoutMs: number, instance: string): Promise<boolean> {
  return answers(url, timeoutMs, async (answer) => answer.ok && (await answer.json()).instance === instance);
}
