/**
 * Questions of one WebSocket: a few under way at a time, answers in their order. As long as there is no room for another,
 * and while the token asks faster than it may, nothing is read: what a client sends then waits on its own side.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { WebSocket } from "ws";
import type { RateLimiter } from "../limits.ts";
import type { InFlight } from "../around_requests.ts";
import type { ActMessageAnswer, AnswerActMessage } from "./act_messages.ts";

/** How much is under way at a time. */
export interface QuestionBounds {
  /** Questions. @default 16 */
  questions: number;
  /** Their bytes; one question is taken whatever its size. @default 16 MiB, the largest message */
  bytes: number;
}

/** The policies that answer, and the metrics of the process. */
export interface QuestionDeps {
  answer: AnswerActMessage;
  rate: RateLimiter;
  inFlight: InFlight;
  bounds: QuestionBounds;
}

/** The open questions of one connection, in order. */
export interface Questions {
  count: { answered: number; refused: number };
  /** How many have no answer yet. */
  underWay(): number;
  /** Begins no more; resolves when those under way have been answered. */
  stop(): Promise<void>;
  /** There is nobody to answer any more. */
  leave(): void;
}

/**
 * Begins to answer what is asked on a connection.
 *
 * @param about the learner; the name of the token, undefined where no tokens are asked for
 * @param deps what answers, and bounds of what may wait
 * @returns `leave` drops what is not answered
 */
export function takeQuestions(
  socket: WebSocket,
  { learner, token }: { learner: string; token?: string },
  { answer, rate, inFlight, bounds }: QuestionDeps,
): Questions {
  const gone = new AbortController();
  const capacity = createCapacity(bounds);
  const replies = createReplies(socket);
  const about = { via: "websocket", learner, ...(token === undefined ? {} : { token }) } as const;
  const begin = async (message: Buffer) => {
    const leaves = [inFlight.enter(), capacity.enter(message.length)];
    await replies.add(answer({ ...about, message: message.toString("utf8"), signal: gone.signal }));
    for (const leave of leaves) leave();
    line.go();
  };
  const pauseMs = () => token === undefined ? 0 : Math.ceil(1000 * rate.take(token));
  const line = createLine(socket, capacity, { begin, pauseMs });
  const stop = () => {
    line.stop();
    return replies.done();
  };
  return {
    count: replies.count,
    underWay: () => capacity.count() + line.waiting(),
    stop,
    leave: () => (void stop(), gone.abort()),
  };
}

/** Messages that have come, each of which begins when there is room and its time has come. */
function createLine(
  socket: WebSocket,
  capacity: ReturnType<typeof createCapacity>,
  { begin, pauseMs }: { begin: (message: Buffer) => Promise<void>; pauseMs: () => number },
) {
  /** Came in one piece with others, and has not begun; a piece from the network has 64 KiB. */
  const waiting: Buffer[] = [];
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    clearTimeout(timer);
    if (isOver) return;
    while (waiting.length > 0 && capacity.has(waiting[0]!.length)) {
      const wait = pauseMs();
      if (wait > 0) {
        timer = setTimeout(go, wait);
        break;
      }
      void begin(waiting.shift()!);
    }
    if (waiting.length > 0 || capacity.isFull()) socket.pause();
    else if (socket.isPaused) socket.resume();
  };
  socket.on("message", (data) => {
    // cast: as `binaryType` is, a message is one Buffer.
    if (!isOver) waiting.push(data as Buffer);
    go();
  });
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
  };
  return { go, stop, waiting: () => waiting.length };
}

function createCapacity({ questions, bytes }: QuestionBounds) {
  let [count, size] = [0, 0];
  return {
    count: () => count,
    isFull: () => count >= questions,
    has: (length: number) => count === 0 || (count < questions && size + length <= bytes),
    enter(length: number): () => void {
      [count, size] = [count + 1, size + length];
      return () => [count, size] = [count - 1, size - length];
    },
  };
}

/** Replies in the order of the requests: an early one waits. */
function createReplies(socket: WebSocket) {
  const count = { answered: 0, refused: 0 };
  let last = Promise.resolve();
  const send = async (answer: Promise<ActMessageAnswer>, before: Promise<void>) => {
    const answered = await answer;
    await before;
    // Until the network has taken it, it is kept here. Who has gone hears nothing.
    await new Promise<void>((resolve) => socket.send(textOf(answered), () => resolve()));
    count[answered.status === 200 ? "answered" : "refused"]++;
  };
  return { count, done: () => last, add: (answer: Promise<ActMessageAnswer>) => last = send(answer, last) };
}

/** As over HTTP, and what headers say there. */
function textOf({ status, document, headers, id }: ActMessageAnswer): string {
  const retryAfter = headers["retry-after"];
  return JSON.stringify({
    ...(id === undefined ? {} : { id }),
    ...document,
    ...(status !== 200 && retryAfter !== undefined ? { retryAfter: Number(retryAfter) } : {}),
    ...(headers["cugro-stale"] ? { stale: true, headAgeSeconds: Number(headers["cugro-head-age"]) } : {}),
  });
}
