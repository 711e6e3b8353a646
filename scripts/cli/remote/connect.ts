/**
 * Commands that work on a folder or bucket, and with `--url` through a gateway.
 * @module
 */
import process from "node:process";
import { createClient, type GatewayClient } from "@cugro/client";
import type { Command } from "commander";
import { UsageError } from "../commands/output.ts";

/** Options of {@link orRemote}. */
export interface RemoteOptions {
  url?: string;
  token?: string;
}

/** A gateway, and where it is. */
export interface Remote {
  client: GatewayClient;
  url: string;
}

/** Arguments of a commander action: what was typed, then the options, then the command. */
// deno-lint-ignore no-explicit-any -- each action knows its own
type Typed = any[];

/**
 * Gives a command `--url` and `--token`: with an address it does `remotely` instead of `locally`.
 *
 * @param remotely gets the gateway before what `locally` gets.
 */
export function orRemote(
  command: Command,
  locally: (...typed: Typed) => Promise<void> | void,
  remotely: (remote: Remote, ...typed: Typed) => Promise<void>,
): Command {
  return command
    .option("--url <address>", "a gateway, e.g. http://localhost:8080, instead of --store")
    .option("--token <token>", "the gateway's bearer token (default: CUGRO_TOKEN)")
    .action(async (...args: unknown[]) => {
      const options = args.at(-2) as RemoteOptions;
      if (options.url === undefined) return await locally(...args);
      await remotely(connect(options), ...args);
    });
}

function connect({ url, token = process.env.CUGRO_TOKEN }: RemoteOptions): Remote {
  if (!URL.canParse(url!) || !/^https?:/.test(url!)) {
    throw new UsageError(`--url must be http://host:port or https://host: current value is ${url}`);
  }
  if (!token) throw new UsageError("A gateway needs a token: give one with --token, or in CUGRO_TOKEN");
  return { client: createClient({ url: url!, token }), url: url!.replace(/\/+$/, "") };
}
