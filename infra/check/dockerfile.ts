/**
 * The Dockerfile: pinned bases, no root, no compiler in what runs, a health check, only sources that are in the
 * build context.
 * @module
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseReference } from "../render/images.ts";
import { HTTP_PORT } from "../../services/services.ts";
import { ROOT } from "./documents.ts";

/** A stage of a Dockerfile. */
export interface Stage {
  name: string;
  from: string;
  lines: { keyword: string; rest: string }[];
}

/** Stages with their instructions; continued lines are joined, comments dropped. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  const logical = text.split("\n").filter((line) => !/^\s*#/.test(line)).join("\n").replace(/\\\n/g, " ");
  for (const line of logical.split("\n")) {
    const match = /^\s*([A-Z]+)\s+(.*)$/.exec(line);
    if (!match) continue;
    const [, keyword = "", rest = ""] = match;
    const from = keyword === "FROM" ? /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest.trim()) : null;
    if (from) stages.push({ from: from[1]!, name: from[2] ?? "", lines: [] });
    else stages.at(-1)?.lines.push({ keyword, rest: rest.trim() });
  }
  return stages;
}

/** Faults of infra/Dockerfile. */
export function checkDockerfile(text = readFileSync(join(ROOT, "infra", "Dockerfile"), "utf8")): string[] {
  const stages = parseDockerfile(text);
  const names = stages.map(({ name }) => name);
  const faults = stages.flatMap((stage) => [...faultsOfBase(stage, names), ...faultsOfCopies(stage, names)]);
  for (const target of ["cpu", "gpu"]) {
    const stage = stages.find(({ name }) => name === target);
    faults.push(...(stage ? faultsOfTarget(stage) : [`there is no target ${target}`]));
  }
  return faults.map((fault) => `infra/Dockerfile: ${fault}`);
}

function faultsOfBase({ from }: Stage, names: string[]): string[] {
  if (names.includes(from) || from === "scratch") return [];
  return /\d+\.\d+/.test(parseReference(from).tag) ? [] : [`base ${from} must be pinned to a version`];
}

/** Files that COPY names must exist. */
function faultsOfCopies({ lines }: Stage, names: string[]): string[] {
  return lines.filter(({ keyword }) => keyword === "COPY").flatMap(({ rest }) => {
    const parts = rest.split(/\s+/);
    const from = parts.find((part) => part.startsWith("--from="))?.slice("--from=".length);
    if (from) return names.includes(from) ? [] : [`COPY --from=${from}: there is no such stage`];
    return parts.slice(0, -1).filter((path) =>
      !existsSync(join(ROOT, path)) && globSync(join(ROOT, path)).length === 0
    )
      .map((path) => `COPY ${path}: there is no such file`);
  });
}

function faultsOfTarget({ name, lines }: Stage): string[] {
  const user = lines.filter(({ keyword }) => keyword === "USER").at(-1)?.rest.split(":")[0];
  const has = (keyword: string) => lines.some((line) => line.keyword === keyword);
  const installs = lines.some(({ keyword, rest }) => keyword === "RUN" && /apt-get|g\+\+|gcc|pip/.test(rest));
  const shell = lines.find(({ keyword, rest }) =>
    /^(ENTRYPOINT|CMD)$/.test(keyword) && !rest.startsWith("[")
  );
  const ports = lines.flatMap(({ keyword, rest }) =>
    keyword === "EXPOSE" ? [rest] : [...rest.matchAll(/\bCUGRO_HTTP_PORT=(\S+)/g)].map(([, port]) => port!)
  );
  return [
    ...(ports.length === 2 && ports.every((port) => port === String(HTTP_PORT))
      ? []
      : [`target ${name} must have port ${HTTP_PORT} in CUGRO_HTTP_PORT and EXPOSE: ${ports.join(", ")}`]),
    ...(user && /^[1-9]\d*$/.test(user)
      ? []
      : [`target ${name} must run as a numbered user other than root: ${user}`]),
    ...["HEALTHCHECK", "ENTRYPOINT"].filter((keyword) => !has(keyword)).map((keyword) =>
      `target ${name} has no ${keyword}`
    ),
    ...(installs ? [`target ${name} installs software: do that in a build stage`] : []),
    ...(shell ? [`target ${name} starts through a shell, which keeps signals to itself: ${shell.rest}`] : []),
  ];
}
