/**
 * One WebSocket that acts, from its handshake to its end.
 * @module
 */
import type { WebSocket } from "ws";
import { waitAtMost } from "@cugro/async";
import { ACT_SOCKET_CLOSE } from "@cugro/protocol";
import type { Log } from "@cugro/telemetry";
import { type QuestionBounds, type QuestionDeps, type Questions, takeQuestions } from "./act_questions.ts";

/** Limits of a connection. */
export interface ConnectionBounds extends QuestionBounds {
  /** A connection on which nothing was asked for this long (ms) is closed. @default 10 min */
  idleMs: number;
  /** A client that does not answer a ping within this time (ms) has gone. @default 30 s */
  pingMs: number;
  /** How often (ms) it is looked at: a token that is taken back ends it so soon. @default 1 s */
  lookMs: number;
  /** A client may take so long (ms) to say goodbye. @default 2 s */
  goodbyeMs: number;
}

/** A connection that was let in. */
export interface Admitted {
  learner: string;
  /** Of the request that it began with, for the log. */
  requestId: string;
  /** Whose it is; undefined where no token is required. */
  token?: string;
  /** Why it may not go on, if it may not: asked about every second. */
  standing(): Promise<Goodbye | undefined>;
}

/** Why a connection ends: a code and a sentence of at most 123 bytes. */
export interface Goodbye {
  code: number;
  reason: string;
}

/** Dependencies that connections share. */
export interface ConnectionDeps extends QuestionDeps {
  log: Log;
  bounds: ConnectionBounds;
}

/** An open connection. */
export interface ActConnection {
  /** Whether it may go on, and whether the client is still there. */
  look(): Promise<void>;
  /** Reads no more, answers what is under way for at most `graceMs`, and says goodbye. */
  end(goodbye: Goodbye, graceMs: number): Promise<void>;
}

/**
 * Begins to answer on a connection.
 *
 * @param admitted whose connection it is, and for which learner
 * @param deps what answers, and how long silence may last
 * @returns ends the connection once what is under way has been answered
 */
export function openActConnection(
  socket: WebSocket,
  admitted: Admitted,
  deps: ConnectionDeps,
): ActConnection {
  const { bounds } = deps;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const questions = takeQuestions(socket, admitted, deps);
  const silence = watchSilence(socket, questions, bounds);
  logEnd(socket, admitted, questions, deps.log);
  let ending: Promise<void> | undefined;
  const end = async ({ code, reason }: Goodbye, graceMs: number) => {
    const answered = questions.stop();
    if (graceMs > 0) await waitAtMost(graceMs, Promise.race([answered, closed]));
    // The client's own goodbye is read.
    socket.resume();
    socket.close(code, reason);
    if (!await waitAtMost(bounds.goodbyeMs, closed)) socket.terminate();
    await closed;
  };
  return {
    end: (goodbye, graceMs) => ending ??= end(goodbye, graceMs),
    async look() {
      const goodbye = await admitted.standing() ?? silence();
      if (goodbye) ending ??= end(goodbye, 0);
    },
  };
}

/**
 * Asks a client that says nothing for a sign of life.
 *
 * @returns why the connection is closed, if it is
 */
function watchSilence(
  socket: WebSocket,
  questions: Questions,
  { idleMs, pingMs }: ConnectionBounds,
): () => Goodbye | undefined {
  let [asked, pinged, isAlive, misses] = [performance.now(), performance.now(), true, 0];
  socket.on("message", () => asked = performance.now());
  socket.on("pong", () => isAlive = true);
  return () => {
    const now = performance.now();
    // While nothing is read, signs of life are not either.
    if (questions.underWay() > 0) [asked, pinged, isAlive] = [now, now, true];
    if (now - asked > idleMs) {
      return { code: ACT_SOCKET_CLOSE.idle, reason: `nothing was asked for ${Math.round(idleMs / 1000)} s` };
    }
    if (now - pinged <= pingMs) return undefined;
    // After a moment in which this process stood still an answer may have come, and wait to be read.
    if (!isAlive && ++misses > 1) socket.terminate();
    if (!isAlive) return undefined;
    [pinged, isAlive, misses] = [now, false, 0];
    socket.ping();
    return undefined;
  };
}

/** Writes the line of the log that a request has at its end, too. */
function logEnd(
  socket: WebSocket,
  { requestId, learner, token }: Admitted,
  questions: Questions,
  log: Log,
): void {
  const began = performance.now();
  let fault: Error | undefined;
  // The library closes the connection with the code that fits, or has lost it.
  socket.on("error", (error) => fault ??= error);
  socket.once("close", (code) => {
    questions.leave();
    log.info("connection closed", {
      ...{ requestId, via: "websocket", learner, code, ...questions.count },
      ...(token === undefined ? {} : { token }),
      seconds: Math.round((performance.now() - began) / 100) / 10,
      ...(fault ? { reason: fault.message } : {}),
    });
  });
}
