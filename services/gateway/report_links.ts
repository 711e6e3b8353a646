/**
 * Links that open one report in a browser, for some minutes and without a token: signed, and good for nothing else.
 *
 * A link says for which learner, by which token it was made, and until when. It is signed with a key that all gateways of
 * a store share, over that and the hash of the token's secret: it ends when the token is taken back, expires, is replaced
 * by another of its name, or no longer sees the learner. Nothing is kept of a link.
 * @module
 */
import { REPORT_LINKS_KEY } from "@cugro/protocol";
import { PreconditionFailed, type Store } from "@cugro/store";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Authenticator } from "./auth.ts";
import { Problem } from "./problem_details.ts";
import { allows, sees, type Token } from "./tokens.ts";

/** So long a link opens its report (ms). */
export const LINK_MS = 10 * 60_000;
/** Of the key. */
const KEY_BYTES = 32;
/** No link that was made here is longer. */
const MOST_LETTERS = 512;

/** A link that was made. */
export interface ReportLink {
  /** The part of the address behind the gateway's own. */
  path: string;
  /** ISO 8601, UTC. */
  expires: string;
}

/** Makes and reads links. */
export interface ReportLinks {
  /** @throws {Problem} 401 if the token has been taken back meanwhile */
  make(token: Token, learner: string): Promise<ReportLink>;
  /**
   * What a link is for.
   *
   * @param link what stands behind `/reports/`
   * @throws {Problem} 404 for what is no link, or no longer one; 410 when its time is over
   */
  read(link: string): Promise<{ learner: string; token: Token }>;
}

const claimSchema = z.tuple([z.string(), z.string(), z.int()]);

/**
 * Links of a gateway.
 *
 * @param options.key the key that they are signed with; asked for until it is there.
 * @param options.now ms since 1970
 * @returns signs links, and finds the token of one that is opened
 * @default one of this process
 */
export function createReportLinks(
  { auth, key = keyOfProcess(), now = Date.now }: {
    auth: Authenticator;
    key?: () => Promise<Uint8Array>;
    now?: () => number;
  },
): ReportLinks {
  const sign = async (claim: string, secretHash: string) =>
    createHmac("sha256", await key()).update(`cugro report link\n${claim}\n${secretHash}`).digest();
  return {
    async make({ name }, learner) {
      const known = await auth.named(name);
      if (known === undefined) throw new Problem(401, "This token has been taken back");
      const until = Math.min(now() + LINK_MS, known.expiresMs ?? Infinity);
      const claim = base64url(JSON.stringify([learner, name, until]));
      const signature = (await sign(claim, known.secretHash)).toString("base64url");
      return { path: `/reports/${claim}.${signature}`, expires: new Date(until).toISOString() };
    },
    async read(link) {
      const [claim = "", signature = "", ...more] = link.length > MOST_LETTERS ? [] : link.split(".");
      const parsed = claimOf(claim);
      const known = parsed === undefined ? undefined : await auth.named(parsed.name);
      if (parsed === undefined || known === undefined || more.length > 0) throw notALink();
      if (!same(await sign(claim, known.secretHash), signature)) throw notALink();
      if (parsed.until <= now()) throw new Problem(410, "The time of this link is over: have a new one made");
      const { token } = known;
      if (!allows(token, "read") || !sees(token, parsed.learner)) throw notALink();
      return { learner: parsed.learner, token: { ...token, scopes: ["read"], learners: [parsed.learner] } };
    },
  };
}

/** The same words for whatever is wrong with a link. */
function notALink(): Problem {
  return new Problem(404, "This link opens no report: have a new one made");
}

function claimOf(claim: string): { learner: string; name: string; until: number } | undefined {
  try {
    const [learner, name, until] = claimSchema.parse(JSON.parse(Buffer.from(claim, "base64url").toString()));
    return { learner, name, until };
  } catch {
    return undefined;
  }
}

/** A signature has one spelling: other characters, or bits beyond its end, are refused. */
function same(wanted: Buffer, text: string): boolean {
  const given = Buffer.from(text);
  const spelt = Buffer.from(wanted.toString("base64url"));
  return given.length === spelt.length && timingSafeEqual(given, spelt);
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function keyOfProcess(): () => Promise<Uint8Array> {
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  return () => Promise.resolve(key);
}

/**
 * The key that all gateways of a store share: random, made by the first that needs it, read once by every other.
 *
 * @param store of the learners
 * @returns gives the bytes of the key
 * @throws {Error} if there is something else in its place, or the store does not answer
 */
export function keyInStore(store: Store): () => Promise<Uint8Array> {
  let known: Uint8Array | undefined;
  return async () => known ??= await readOrMake(store);
}

async function readOrMake(store: Store): Promise<Uint8Array> {
  const found = await store.get(REPORT_LINKS_KEY);
  if (found === undefined) return await make(store) ?? await readOrMake(store);
  if (found.bytes.length === KEY_BYTES) return found.bytes;
  throw new Error(
    `${REPORT_LINKS_KEY} must hold ${KEY_BYTES} random bytes, and holds ${found.bytes.length}: remove it, and a new one is made`,
  );
}

/** Undefined if another gateway was first. */
async function make(store: Store): Promise<Uint8Array | undefined> {
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  try {
    await store.put(REPORT_LINKS_KEY, key, { ifNoneMatch: true });
    return key;
  } catch (error) {
    if (error instanceof PreconditionFailed) return undefined;
    throw error;
  }
}
