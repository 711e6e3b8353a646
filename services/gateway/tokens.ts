/**
 * Bearer tokens: random, shown once, kept as hashes in a JSON file. Reading the file gives nobody a token.
 * @module
 */
import { fitsPattern, HASH } from "@cugro/protocol";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import process from "node:process";
import { z } from "zod";
import { type Quotas, quotasSchema } from "./quotas.ts";

export { parseQuotas, QUOTAS, type Quotas } from "./quotas.ts";

/** Rights of a token; each includes the ones before it. */
export const SCOPES = ["read", "submit", "admin"] as const;
/** One of {@link SCOPES}: what a token may do. */
export type Scope = typeof SCOPES[number];

const patternSchema = z.string().regex(
  /^[a-z0-9*-]{1,64}$/,
  "must be letters, digits, - and *, e.g. team-a-*",
);
const entrySchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, . _ -"),
  sha256: z.string().regex(HASH, "must be 64 hexadecimal digits"),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** Names of learners it sees, with `*` for any characters. */
  learners: z.array(patternSchema).min(1),
  created: z.iso.datetime(),
  /** Not valid from here on. */
  expires: z.iso.datetime().optional(),
  /** Where it may have more or less than other tokens. */
  quotas: quotasSchema.optional(),
});
/** A token as the file keeps it. */
export type TokenEntry = z.infer<typeof entrySchema>;
const fileSchema = z.strictObject({ tokens: z.array(entrySchema) });

/** The holder of a token. */
export interface Token {
  name: string;
  scopes: readonly Scope[];
  learners: readonly string[];
  quotas?: Partial<Quotas>;
}

/**
 * A new token: `secret` is the only copy there will ever be.
 *
 * @param options name, scopes, patterns of learners; `expires` in ISO 8601
 * @returns the secret, and the entry, which has only its hash
 * @throws {RangeError} for a name, scope or time that a token cannot have
 */
export function issueToken(
  options: {
    name: string;
    scopes: readonly Scope[];
    learners: readonly string[];
    expires?: string;
    quotas?: Partial<Quotas>;
  },
): { secret: string; entry: TokenEntry } {
  const secret = `cugro_${randomBytes(32).toString("base64url")}`;
  const { name, scopes, learners, expires, quotas } = options;
  const entry = entrySchema.safeParse({
    name,
    scopes,
    learners,
    sha256: digest(secret).toString("hex"),
    created: new Date().toISOString(),
    ...(expires === undefined ? {} : { expires }),
    ...(quotas === undefined ? {} : { quotas }),
  });
  if (!entry.success) throw new RangeError(`Cannot make this token: ${describe(entry.error)}`);
  return { secret, entry: entry.data };
}

/**
 * Adds a token to a file, which is made if there is none; readable by its owner only.
 *
 * @param path of the file
 * @param entry of {@link issueToken}
 * @throws {RangeError} where there is one of that name
 */
export async function addToken(path: string, entry: TokenEntry): Promise<void> {
  const present = await readTokens(path).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (present.some(({ name }) => name === entry.name)) {
    throw new RangeError(`${path} has a token named "${entry.name}" already: choose another name`);
  }
  await writeTokens(path, [...present, entry]);
}

/**
 * Takes a token back.
 *
 * @param path of the file
 * @param name of the token
 * @throws {RangeError} when there is none of that name.
 */
export async function removeToken(path: string, name: string): Promise<void> {
  const present = await readTokens(path);
  const left = present.filter((entry) => entry.name !== name);
  if (left.length === present.length) throw new RangeError(`${path} has no token named "${name}"`);
  await writeTokens(path, left);
}

/** Whole or not at all: a gateway may read it at any moment. Those who may read it may do so afterwards: in a container that is another user. */
async function writeTokens(path: string, tokens: readonly TokenEntry[]): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const mode = await stat(path).then((there) => there.mode & 0o777, () => 0o600);
  await writeFile(temporary, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: 0o600 });
  await chmod(temporary, mode);
  await rename(temporary, path);
}

/**
 * Tokens of a file.
 *
 * @param path of the file
 * @returns entries, in the order of the file
 * @throws {RangeError} naming the file and what is wrong with it.
 */
export async function readTokens(path: string): Promise<TokenEntry[]> {
  const text = await readFile(path, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`${path} is not JSON`, { cause });
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw new RangeError(`${path} is no token file: ${describe(parsed.error)}`);
  const names = parsed.data.tokens.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`${path} has two tokens named "${twice}"`);
  return parsed.data.tokens;
}

/**
 * The token whose secret this is. Every entry is compared, each in constant time.
 *
 * @param entries of the file
 * @param secret as it was shown
 * @param now ms since 1970
 * @returns undefined where there is none, or it has expired
 */
export function findToken(
  entries: readonly TokenEntry[],
  secret: string,
  now: number,
): KnownToken | undefined {
  const wanted = digest(secret);
  let found: TokenEntry | undefined;
  for (const entry of entries) {
    if (timingSafeEqual(wanted, new Uint8Array(hexBytes(entry.sha256)))) found = entry;
  }
  return found === undefined || hasExpired(found, now) ? undefined : knownOf(found);
}

/** A token of the file, without its secret. */
export interface KnownToken {
  token: Token;
  /** SHA-256 of its secret, hexadecimal: another token of its name has another one. */
  secretHash: string;
  /** Not valid from here on; ms since 1970. */
  expiresMs?: number;
}

/**
 * The token of this name, unless it has expired.
 * @param entries of the file
 * @param name of the token
 * @param now ms since 1970
 * @returns with the hash of its secret
 */
export function findNamed(entries: readonly TokenEntry[], name: string, now: number): KnownToken | undefined {
  const found = entries.find((entry) => entry.name === name);
  return found === undefined || hasExpired(found, now) ? undefined : knownOf(found);
}

function knownOf(entry: TokenEntry): KnownToken {
  return {
    token: tokenOf(entry),
    secretHash: entry.sha256,
    ...entry.expires === undefined ? {} : { expiresMs: Date.parse(entry.expires) },
  };
}

function hasExpired({ expires }: TokenEntry, now: number): boolean {
  return expires !== undefined && Date.parse(expires) <= now;
}

function tokenOf({ name, scopes, learners, quotas = {} }: TokenEntry): Token {
  return { name, scopes, learners, quotas: quotas as Partial<Quotas> };
}

/**
 * Whether two secrets are equal, in a time that does not depend on where they differ.
 *
 * @param a a secret
 * @param b another one
 * @returns true where they are the same text
 */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a token may do what needs this scope.
 *
 * @param scope that is needed
 * @param token with its scopes
 * @returns true where one of its scopes includes it
 */
export function allows({ scopes }: Token, scope: Scope): boolean {
  return scopes.some((own) => SCOPES.indexOf(own) >= SCOPES.indexOf(scope));
}

/**
 * Whether a token sees a learner.
 *
 * @param name of the learner
 * @param token with its patterns of learners
 * @returns true where a pattern fits
 */
export function sees({ learners }: Token, name: string): boolean {
  return learners.some((pattern) => fitsPattern(pattern, name));
}

function digest(secret: string): Uint8Array & { toString(encoding: "hex"): string } {
  return createHash("sha256").update(secret).digest();
}

function hexBytes(hex: string): number[] {
  return hex.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
}

function describe(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`).join("; ");
}
