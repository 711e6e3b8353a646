/**
 * A WebSocket as a program has it that knows nothing of our client.
 * @module
 */
/** A connection that is used by hand. */
export interface ActLine {
  socket: WebSocket;
  /** Sends it as JSON, or a text as it is. */
  send(message: unknown): void;
  /**
   * The next message.
   *
   * @throws {Error} where the connection ends before
   */
  // deno-lint-ignore no-explicit-any -- tests look into answers
  next(): Promise<any>;
  /** Code and reason of the end. */
  ended: Promise<[number, string]>;
}

/**
 * Connects; the token goes as a subprotocol.
 *
 * @throws {Error} where it does not come about
 */
export async function openActLine(
  { url, tokens }: { url: string; tokens: { reader: string } },
  learner = "team-a",
  token = tokens.reader,
): Promise<ActLine> {
  const path = `${url.replace("http", "ws")}/v1/learners/${learner}/act`;
  const socket = new WebSocket(path, ["cugro", `bearer.${token}`]);
  const messages: string[] = [];
  let [isOver, onNews] = [false, () => {}];
  socket.onmessage = ({ data }) => (messages.push(data), onNews());
  const ended = new Promise<[number, string]>((resolve) =>
    socket.onclose = ({ code, reason }) => (isOver = true, resolve([code, reason]), onNews())
  );
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    void ended.then(() => reject(new Error("No connection came about")));
  });
  return {
    socket,
    ended,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async next() {
      while (messages.length === 0) {
        if (isOver) throw new Error("The connection has ended");
        await new Promise<void>((resolve) => onNews = resolve);
      }
      return JSON.parse(messages.shift()!);
    },
  };
}
