/**
 * Which modules a program has loaded when it has ended, as its inspector tells it.
 * @module
 */

/** What a program printed on stdout, its exit code, and the addresses of all scripts that it loaded. */
export interface Loaded {
  code: number;
  text: string;
  urls: string[];
}

/** Runs a program of this repository in a process of its own. */
export async function loadedBy(program: URL, args: readonly string[]): Promise<Loaded> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--inspect-wait=127.0.0.1:0", program.href, ...args],
    ...{ stdout: "piped", stderr: "piped" },
  }).spawn();
  const text = new Response(child.stdout).text();
  const output = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const urls = await scriptsOf(await addressIn(output));
  while (!(await output.read()).done);
  return { code: (await child.status).code, text: await text, urls };
}

async function addressIn(output: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  while (true) {
    const { value, done } = await output.read();
    if (done) throw new Error(`It has no inspector: ${text}`);
    text += value;
    const address = /ws:\/\/\S+(?=\s)/.exec(text)?.[0];
    if (address) return address;
  }
}

/** Lets the program run, and listens until it has ended. */
async function scriptsOf(address: string): Promise<string[]> {
  const urls: string[] = [];
  const socket = new WebSocket(address);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onmessage = ({ data }) => {
    const { method, params } = JSON.parse(data);
    if (method === "Debugger.scriptParsed") urls.push(params.url);
    // It ends when nobody listens any more.
    if (method === "Runtime.executionContextDestroyed") socket.close();
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  for (const [id, method] of ["Debugger.enable", "Runtime.runIfWaitingForDebugger"].entries()) {
    socket.send(JSON.stringify({ id: id + 1, method }));
  }
  await closed;
  return urls;
}
