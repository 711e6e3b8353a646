/**
 * `cugro token create|list|remove`: bearer tokens of the gateway.
 * @module
 */
import {
  addToken,
  issueToken,
  parseQuotas,
  QUOTAS,
  readTokens,
  removeToken,
  type Scope,
} from "@cugro/gateway/tokens";
import type { Command } from "commander";
import { printJson } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";

/** Adds the commands. */
export function registerToken(program: Command): void {
  const token = program.command("token");
  const file = ["--file <file>", "the gateway's CUGRO_TOKENS_FILE"] as const;
  token.command("create")
    .description("create a token; it is shown once, and the file keeps its hash")
    .requiredOption("--name <name>", "name, shown in logs and used to revoke it")
    .requiredOption("--scopes <list>", "read, submit or admin; each includes the ones before it")
    .option("--learners <list>", "names of learners it may see, with * for any characters", "*")
    .option("--expires <time>", "e.g. 2030-01-31T00:00:00Z")
    .option(
      "--quotas <list>",
      `NAME=NUMBER,... to change its limits: ${Object.keys(QUOTAS).join(", ")}`,
    )
    .requiredOption(...file)
    .option("--json", "print one JSON document")
    .action(create);
  token.command("list").description("list names and rights").requiredOption(...file).option(
    "--json",
    "print one JSON document",
  )
    .action(list);
  token.command("remove").description("revoke a token; a running gateway notices within seconds").argument(
    "<name>",
  )
    .requiredOption(...file).action(remove);
}

interface CreateOptions {
  name: string;
  scopes: string;
  learners: string;
  expires?: string;
  quotas?: string;
  file: string;
  json?: boolean;
}

async function create({ name, scopes, learners, expires, quotas, file, json }: CreateOptions): Promise<void> {
  const { secret, entry } = issueToken({
    name,
    scopes: split(scopes) as Scope[],
    learners: split(learners),
    ...(expires === undefined ? {} : { expires }),
    ...(quotas === undefined ? {} : { quotas: parseQuotas(quotas) }),
  });
  await addToken(file, entry);
  if (json) return printJson({ name, token: secret });
  console.log(secret);
  console.error(
    `${name} may ${entry.scopes.join(", ")} on ${
      entry.learners.join(", ")
    }; this is the only time the token is shown`,
  );
}

async function list({ file, json }: { file: string; json?: boolean }): Promise<void> {
  const tokens = (await readTokens(file)).map(({ sha256: _hash, ...entry }) => entry);
  if (json) return printJson(tokens);
  printTable(
    ["name", "scopes", "learners", "expires", "quotas"],
    tokens.map((
      { name, scopes, learners, expires, quotas = {} },
    ) => [name, scopes.join(", "), learners.join(", "), expires ?? "never", quotaText(quotas)]),
    `no token in ${file}`,
  );
}

async function remove(name: string, { file }: { file: string }): Promise<void> {
  await removeToken(file, name);
  console.log(`${name} is revoked`);
}

const quotaText = (quotas: object) =>
  Object.entries(quotas).map(([name, value]) => `${name}=${value}`).join(", ") || "the gateway's";

const split = (list: string) => list.split(",").map((part) => part.trim());
