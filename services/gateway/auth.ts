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
/** Right headers that are remembered: one a token, and other spellings of "Bearer". */
const MOST_HEADERS = 1_000;

/** Where the tokens are, and what time it is. */
export interface AuthenticatorOptions {
  path: string;
  log: Log;
  /** Ms of any steady clock: when the file is looked at again. */
  now?: () => number;
  /** Ms since 1970: when tokens expire. */
  date?: () => number;
}

/**
 * Tokens of a file. While the file is gone or damaged, the tokens it had last stay valid and the log says so.
 *
 * @param options file, log and clocks
 * @returns finds the entry of a secret; the file is read again when it changes
 * @throws {Error} when the file cannot be read at the start.
 */
export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { path, log, now = () => performance.now(), date = Date.now } = options;
  let entries = await readFirst(path);
  const right = createRightHeaders();
  let mark = await markOf(path);
  let looked = now();
  const refresh = async () => {
    if (now() - looked < LOOK_MS) return;
    looked = now();
    try {
      const current = await markOf(path);
      if (current === mark) return;
      entries = await readTokens(path);
      right.clear();
      mark = current;
      log.info("tokens read again", { tokens: entries.length });
    } catch (error) {
      log.error("token file cannot be read; the tokens it had stay valid", { path, error });
    }
  };
  return {
    async authenticate(authorization) {
      if (authorization === undefined) return undefined;
      await refresh();
      const seen = right.get(authorization);
      if (seen) return isOver(seen, date()) ? undefined : seen.token;
      const secret = bearerOf(authorization);
      const found = secret === undefined ? undefined : findToken(entries, secret, date());
      if (found) right.add(authorization, found);
      return found?.token;
    },
    async named(name) {
      await refresh();
      return findNamed(entries, name, date());
    },
  };
}

/**
 * Headers whose token was found: a control loop shows the same one a hundred times a second, and it is hashed and compared once
 * for each state of the file.
 */
function createRightHeaders() {
  const known = new Map<string, KnownToken>();
  return {
    get: (header: string) => known.get(header),
    add(header: string, token: KnownToken) {
      if (known.size >= MOST_HEADERS) known.clear();
      known.set(header, token);
    },
    clear: () => known.clear(),
  };
}

async function readFirst(path: string): Promise<TokenEntry[]> {
  return await readTokens(path).catch((error) => {
    if (error.code !== "ENOENT") throw error;
    throw new RangeError(
      `There is no token file ${path}: make one with cugro token create --name NAME --scopes admin --learners '*' --file ${path}`,
      { cause: error },
    );
  });
}

function isOver({ expiresMs }: KnownToken, date: number): boolean {
  return expiresMs !== undefined && expiresMs <= date;
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
