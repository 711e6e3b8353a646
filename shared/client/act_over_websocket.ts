/**
 * Acting over a WebSocket, for control loops. Works with the standard `WebSocket` class alone, in a browser as well; what
 * a browser does not have is not imported.
 * @module
 */
import { backoffMs, pause } from "@cugro/async";
import {
  ACT_SOCKET_CLOSE,
  type ActSocketAnswer,
  actSocketPath,
  actSocketProtocols,
  MAX_ACT_BYTES,
} from "@cugro/protocol/act-socket";
import { type ActInput, refusalOf } from "./act_refusal.ts";
import { type ClientOptions, createRequester, GatewayError } from "./send_requests.ts";

export { GatewayError } from "./send_requests.ts";

/** How to ask over a connection. */
export interface ActSocketOptions {
  /** How long to wait for an answer (ms), lost connections included. @default 30 s */
  timeoutMs?: number;
  /** The class of connections. @default the runtime's, which Node has since version 22 */
  WebSocket?: typeof WebSocket;
}

/** A connection for one learner, made again whenever it is lost. */
export interface ActSocket {
  /**
   * Actions of the serving policy. Any number may be asked for at a time; they are answered in the order of asking. What a
   * lost connection has left unanswered is asked again over the next one, which changes no answer.
   * @throws {GatewayError} if the gateway refuses, as over HTTP
   * @throws {Error} without an answer in time, or after `close`
   */
  act(request: ActInput): Promise<ActSocketAnswer>;
  /** Ends the connection, which otherwise keeps a program running; what has no answer yet gets none. */
  close(): void;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const TIMEOUT_MS = 30_000;

/**
 * A connection to act over. It is made with the first question; while nothing is asked, a lost one is not made again.
 * @param learner its name @returns `act` rejects what is not answered within `timeoutMs`; `close` rejects what is under way
 * @throws {RangeError} for what is no learner's name, a token that no subprotocol can be, and without `WebSocket`
 */
export function actOverWebSocket(
  client: ClientOptions,
  learner: string,
  { timeoutMs = TIMEOUT_MS, WebSocket: Socket = globalThis.WebSocket }: ActSocketOptions = {},
): ActSocket {
  const questions = createQuestions(timeoutMs);
  const link = keepConnected(client, learner, Socket, questions);
  let isClosed = false;
  return {
    async act(request) {
      if (isClosed) throw new Error("This connection was closed: make another to act");
      return await questions.ask(request, link);
    },
    close() {
      isClosed = true;
      link.close();
      questions.refuse(new Error("The connection was closed meanwhile"));
    },
  };
}

/** Without an answer yet. */
interface Questions {
  ask(request: ActInput, link: Link): Promise<ActSocketAnswer>;
  /** In the order of asking, as they are sent. */
  texts(): string[];
  onAnswer(answer: ActSocketAnswer): void;
  /** Nothing will be answered. */
  refuse(error: Error): void;
}

function createQuestions(timeoutMs: number): Questions {
  const open = new Map<number, { text: string; settle: (answer: ActSocketAnswer | Error) => void }>();
  let next = 0;
  return {
    texts: () => [...open.values()].map(({ text }) => text),
    // One whose question has been given up belongs to nobody.
    onAnswer: (answer) => open.get(Number(answer.id))?.settle(refusalOf(answer) ?? answer),
    refuse(error) {
      for (const { settle } of [...open.values()]) settle(error);
    },
    ask: (request, link) =>
      new Promise((resolve, reject) => {
        const id = next++;
        const text = JSON.stringify({ ...request, id });
        refuseTooLarge(text);
        const settle = (answer: ActSocketAnswer | Error) => {
          open.delete(id);
          clearTimeout(timer);
          if (answer instanceof Error) return reject(answer);
          const { id: _id, ...rest } = answer;
          resolve(rest);
        };
        const timer = setTimeout(() => settle(tooLate(timeoutMs, link.trouble())), timeoutMs);
        open.set(id, { text, settle });
        link.send(text);
      }),
  };
}

function tooLate(timeoutMs: number, trouble: unknown): Error {
  const why = trouble instanceof Error ? `: ${trouble.message}` : "";
  return new Error(`No answer within ${timeoutMs} ms${why}`, trouble === undefined ? {} : { cause: trouble });
}

/** @throws {GatewayError} 413: the gateway would end the connection, others' questions included */
function refuseTooLarge(text: string): void {
  // A letter has three bytes at most.
  if (text.length <= MAX_ACT_BYTES / 3 || new TextEncoder().encode(text).length <= MAX_ACT_BYTES) return;
  throw new GatewayError(413, `A request may have at most ${MAX_ACT_BYTES} bytes`, [], undefined);
}

/** One connection at a time, as long as there are questions. */
interface Link {
  /** Why there is no connection, if that is known. */
  trouble(): unknown;
  send(text: string): void;
  close(): void;
}

function keepConnected(
  client: ClientOptions,
  learner: string,
  Socket: typeof WebSocket | undefined,
  questions: Questions,
): Link {
  if (!Socket) {
    throw new RangeError("There is no WebSocket in this runtime: Node has it since 22; or pass one");
  }
  const url = socketUrl(client, learner);
  const protocols = actSocketProtocols(client.token);
  const stop = new AbortController();
  let [line, isKept, trouble] = [undefined as Line | undefined, false, undefined as unknown];
  const keep = async () => {
    for (let failures = 1; !stop.signal.aborted && questions.texts().length > 0; failures++) {
      line = openLine(new Socket(url, protocols), questions);
      const ended = await whyEnded(line, client, learner);
      if (stop.signal.aborted) return;
      trouble = ended.trouble;
      if (ended.refusal) questions.refuse(ended.refusal);
      else await pauseAfter(failures = line.answered ? 1 : failures, stop.signal);
    }
    isKept = false;
  };
  return {
    trouble: () => trouble,
    send(text) {
      // What is asked before it is open, or while the next is waited for, goes with the others.
      if (line?.opened && line.socket.readyState === Socket.OPEN) return line.socket.send(text);
      if (isKept) return;
      isKept = true;
      void keep();
    },
    close() {
      stop.abort();
      line?.socket.close(1000);
    },
  };
}

/**
 * Where the connection is made.
 * @throws {RangeError} if the client's URL is not of HTTP
 */
function socketUrl({ url }: ClientOptions, learner: string): string {
  if (!/^https?:\/\//.test(url)) {
    throw new RangeError(`The gateway's URL must begin with http:// or https://: ${url}`);
  }
  return url.replace(/^http/, "ws").replace(/\/+$/, "") + actSocketPath(learner);
}

/** Not all at once, where many have lost the same gateway. */
async function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  const longest = backoffMs(failures, { firstMs: FIRST_RETRY_MS, longestMs: LONGEST_RETRY_MS });
  await pause(longest * (0.5 + Math.random() / 2), signal);
}

/** A connection's life. */
interface Line {
  socket: WebSocket;
  opened: boolean;
  answered: boolean;
  ended: Promise<{ code: number; reason: string }>;
}

/** Asks what has no answer, and hears what is answered. */
function openLine(socket: WebSocket, questions: Questions): Line {
  const ended = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  const line: Line = { socket, opened: false, answered: false, ended };
  socket.onopen = () => {
    line.opened = true;
    for (const text of questions.texts()) socket.send(text);
  };
  socket.onmessage = ({ data }) => {
    line.answered = true;
    questions.onAnswer(JSON.parse(data));
  };
  return line;
}

/** `refusal`: the next connection would end so as well. `trouble`: it may be over in a while. */
async function whyEnded(
  line: Line,
  client: ClientOptions,
  learner: string,
): Promise<{ refusal?: GatewayError | undefined; trouble?: unknown }> {
  const { code, reason } = await line.ended;
  if (line.opened) return { refusal: refusalOfClose(code, reason) };
  try {
    return { refusal: await askWhyNot(client, learner) };
  } catch (trouble) {
    return { trouble };
  }
}

/** Closes that the next connection would end with as well. */
function refusalOfClose(code: number, reason: string): GatewayError | undefined {
  const { tooLarge, unauthenticated, forbidden } = ACT_SOCKET_CLOSE;
  const status = new Map<number, number>([[tooLarge, 413], [unauthenticated, 401], [forbidden, 403]]).get(
    code,
  );
  if (status === undefined) return undefined;
  const detail = code === tooLarge ? "One of the requests under way was too large" : reason;
  return new GatewayError(status, detail, [], undefined);
}

/**
 * No `WebSocket` says why it does not open: HTTP does.
 *
 * @throws what may be over in a while
 */
async function askWhyNot(client: ClientOptions, learner: string): Promise<GatewayError | undefined> {
  try {
    await createRequester({ ...client, retries: 0 }).get(actSocketPath(learner));
  } catch (error) {
    if (!(error instanceof GatewayError) || error.status >= 500 || error.status === 429) throw error;
    if (error.status !== 426) return error;
  }
  throw new Error(
    "the gateway would take a WebSocket, and none comes about: this token has too many, or something in between lets none through",
  );
}
