/**
 * The README of the services holds the table of processes, rendered from `services/services.ts`, the kinds of jobs and
 * their workloads.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Service, SERVICES } from "../../services/services.ts";
import { withPart } from "./rendered_part.ts";
import { WORKLOADS } from "../../infra/render/workloads.ts";

const README = "services/README.md";
const START = "<!-- processes: rendered by `deno task docs --write` -->\n";
const END = "<!-- end of processes -->";

/** What is wrong with the table below `root`, in sentences. `write`: render it first. */
export function serviceTableFaults(root: string, write: boolean): string[] {
  const path = join(root, README);
  const text = readFileSync(path, "utf8");
  const wanted = withProcesses(text);
  if (wanted === undefined) return [`${README} lacks the marks between which its table is rendered`];
  if (write && wanted !== text) writeFileSync(path, wanted);
  return write || wanted === text
    ? []
    : [`${README} is not what the tables of services and workloads say: deno task docs --write`];
}

/** A README with its table as it should be, or undefined if it has no place for it. */
export function withProcesses(readme: string): string | undefined {
  const head = ["service", "does", "processes", "requests: processors, memory", "limit of memory", "GPU"];
  const rows = Object.entries<Service>(SERVICES).flatMap(([name, service]) => rowsOf(name, service));
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
  return withPart(readme, START, END, `\n${table}\n`);
}

/** A row for each kind of job, since each scales by itself; one for a service without. */
function rowsOf(name: string, { kinds, standing, gpu, public: isPublic = false }: Service): string[][] {
  const link = `[\`${name}\`](${name}/README.md)`;
  if (standing !== undefined) {
    const { replicas, cpu, memory, memoryLimit } = standing;
    const does = isPublic ? "answers clients, acts, delivers webhooks" : "plans jobs, decides on versions";
    return [[link, does, String(replicas), `${cpu}, ${memory}`, memoryLimit, "no"]];
  }
  return kinds.map((kind, i) => {
    const { min, max, cpu, memory, memoryLimit, gpu: onGpu } = WORKLOADS[kind];
    const uses = gpu && onGpu ? "overlay `gpu`" : "no";
    return [i === 0 ? link : "", `\`${kind}\``, `${min} to ${max}`, `${cpu}, ${memory}`, memoryLimit, uses];
  });
}
