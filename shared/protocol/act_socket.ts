/**
 * Acting over a WebSocket, `/v1/learners/{name}/act`: one learner a connection, every message one request or its answer.
 * Runs in a browser as well, and so imports nothing that cannot.
 * @module
 */
import type { ActAnswer, ActId } from "./acting.ts";
import { checkLearnerName } from "./names.ts";

/** Largest request to act, in bytes, unless a transport says otherwise. */
export const MAX_ACT_BYTES = 16 * 1024 * 1024;
/** The subprotocol of the connection; chosen by the gateway where it is offered. */
export const ACT_SOCKET_PROTOCOL = "cugro";
/** A subprotocol that is a token: where a client cannot set headers, as in a browser. */
const BEARER = "bearer.";
/** Characters of a subprotocol's name (RFC 9110, token), which need no quotes in a list. */
const WORD = /^[\w!#$%&'*+.^`|~-]{1,512}$/;

/** Why a gateway ends a connection. */
export const ACT_SOCKET_CLOSE = {
  /** The gateway stops: connect again, here or elsewhere. */
  stopping: 1001,
  /** A message was larger than it may be. */
  tooLarge: 1009,
  /** The token is not known any more. */
  unauthenticated: 4401,
  /** The token's scopes or learners do not allow it any more. */
  forbidden: 4403,
  /** The connection was idle for a long time. */
  idle: 4408,
} as const;

/** Actions as they are answered over a WebSocket, where no headers say more. */
export interface ActSocketAnswer extends ActAnswer {
  id?: ActId;
  /** While the store cannot be reached: there may be a newer version by now. */
  stale?: true;
  /** With `stale`: whole seconds since the store last said that this version is the one to act. */
  headAgeSeconds?: number;
}

/**
 * Path of the connection for a learner.
 *
 * @param learner its name
 * @returns `/v1/learners/<name>/act`
 * @throws {RangeError} if it is no learner's name
 */
export function actSocketPath(learner: string): string {
  return `/v1/learners/${checkLearnerName(learner)}/act`;
}

/**
 * The subprotocols that a client offers.
 *
 * @param token bearer token
 * @returns `cugro` and `bearer.<token>`
 * @throws {RangeError} if the token has characters that are not allowed
 */
export function actSocketProtocols(token: string): string[] {
  const word = BEARER + token;
  if (WORD.test(word)) return [ACT_SOCKET_PROTOCOL, word];
  throw new RangeError(
    "A token for a WebSocket must be 1 to 505 letters, digits and ! # $ % & ' * + - . ^ _ ` | ~, as those of " +
      "`cugro token create` are: this one has others",
  );
}

/**
 * The contents of a list of subprotocols: whether ours is offered, and the token, if it has one.
 *
 * @param list as the header `Sec-WebSocket-Protocol` has it
 * @returns the token is undefined where the list has none
 */
export function readActSocketProtocols(list: string): { offered: boolean; token: string | undefined } {
  const words = list.split(",").map((word) => word.trim());
  const bearer = words.find((word) => word.startsWith(BEARER));
  return { offered: words.includes(ACT_SOCKET_PROTOCOL), token: bearer?.slice(BEARER.length) };
}
