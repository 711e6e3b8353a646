/**
 * Who asks: bearer tokens from a file that is read again when it changes.
 * @module
 */
import { stat } from "node:fs/promises";
import type { Log } from "@cugro/telemetry";
import { findNamed, findToken, type KnownToken, readTokens, type Token, type TokenEntry } from "./tokens.ts";

/** Says who a request is from. */
export interface Authenticator {
  /** The token in an `Authorization` header, or undefined for none, a wrong or an expired one. */
  authenticate(authorization: string | undefined): Promise<Token | undefined>;
  /** The token of a name, or undefined for none or an expired one. */
  named(name: string): Promise<KnownToken | undefined>;
}

/** The file is looked at no more often than this. */
const LOOK_MS = 1_000;

/**
 * Tokens of a file. While the file is gone or damaged, the tokens it had last stay valid and the log says so.
 *
 * @param options.now ms of any steady clock.
 * @returns finds the entry of a secret; the file is read again when it changes
 * @throws {Error} when the file cannot be read at the start.
 */
export async function openAuthenticator(
  { path, log, now = () => performance.now() }: { path: string; log: Log; now?: () => number },
): Promise<Authenticator> {
  let entries: TokenEntry[] = await readTokens(path).catch((error) => {
    if (error.code !== "ENOENT") throw error;
    throw new RangeError(
      `There is no token file ${path}: make one with cugro token create --name NAME --scopes admin --learners '*' --file ${path}`,
      { cause: error },
    );
  });
  let mark = await markOf(path);
  let looked = now();
  const refresh = async () => {
    if (now() - looked < LOOK_MS) return;
    looked = now();
    try {
      const current = await markOf(path);
      if (current === mark) return;
      entries = await readTokens(path);
      mark = current;
      log.info("tokens read again", { tokens: entries.length });
    } catch (error) {
      log.error("token file cannot be read; the tokens it had stay valid", { path, error });
    }
  };
  return {
    async authenticate(authorization) {
      const secret = bearerOf(authorization);
      if (secret === undefined) return undefined;
      await refresh();
      return findToken(entries, secret, Date.now());
    },
    async named(name) {
      await refresh();
      return findNamed(entries, name, Date.now());
    },
  };
}

/**
 * The secret of a bearer `Authorization` header.
 *
 * @param authorization the header
 * @returns undefined where it is none
 */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(authorization ?? "")?.[1];
}

async function markOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}
