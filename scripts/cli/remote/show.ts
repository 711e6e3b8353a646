/**
 * Looking at learners through a gateway.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { GatewayClient } from "@cugro/client";
import { printJson } from "../commands/output.ts";
import type { ShownStatus } from "../commands/result.ts";
import { printLearners, printStatus, printVersions } from "../commands/status.ts";
import type { Remote } from "./connect.ts";

/** What commands show of a learner. */
export async function remoteStatus(client: GatewayClient, name: string): Promise<ShownStatus> {
  const [learner, jobs, versions, results] = await Promise.all([
    client.learners.show(name),
    client.jobs.list(name),
    client.versions.list(name),
    client.results(name),
  ]);
  const { seed, config, ...rest } = learner;
  return {
    ...rest,
    deleted: false,
    learner: { name, seed },
    config,
    jobs,
    versions: versions.map(({ scores, ...version }) => ({ ...version, row: scores })),
    resultsMatrix: results.resultsMatrix,
    validVersions: results.versions,
  };
}

/** `status --url`. */
export async function status(
  { client, url }: Remote,
  { learner, json }: { learner?: string; json?: boolean },
): Promise<void> {
  if (learner === undefined) {
    const names = await client.learners.list();
    return printLearners(await Promise.all(names.map((name) => remoteStatus(client, name))), url, json);
  }
  const found = await remoteStatus(client, learner);
  if (json) return printJson(found);
  printStatus(found);
}

/** `versions --url`. */
export async function versions(
  { client }: Remote,
  { learner, json }: { learner: string; json?: boolean },
): Promise<void> {
  if (json) return printJson(await client.versions.list(learner));
  printVersions(await remoteStatus(client, learner));
}

/** `report --url`. */
export async function report(
  { client }: Remote,
  { learner, out = `${learner}.html` }: { learner: string; out?: string },
): Promise<void> {
  const page = await client.report(learner);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.tmp`, page);
  await rename(`${out}.tmp`, out);
  console.log(out);
}

/** `learner list --url`. */
export async function listLearners({ client }: Remote, { json }: { json?: boolean }): Promise<void> {
  const names = await client.learners.list();
  if (json) return printJson(names);
  for (const name of names) console.log(name);
}
