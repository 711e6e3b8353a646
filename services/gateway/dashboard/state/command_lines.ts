/**
 * What the page does, as a command of the command line and as a request with curl. Whatever is in a name stays one word of a shell.
 * @module
 */

/** A request of the gateway's API, and the command that does the same where there is one. */
export interface Doing {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As in the API's description. */
  path: string;
  body?: unknown;
  /** A file that is the body; its name. */
  file?: string;
  /** Where curl puts the answer. */
  output?: string;
  /** Words behind `deno task cugro`; undefined: no command does this over HTTP. */
  command?: readonly (string | number)[];
}

/** The command, as it is typed on a machine with this repository; undefined where there is none. */
export function commandOf({ command }: Doing, url: string): string | undefined {
  if (!command) return undefined;
  return ["deno task cugro", ...command.map((word) => quoted(String(word))), "--url", quoted(url)].join(" ");
}

/** The request. The token is taken from the environment and stands in no history. */
export function curlOf({ method, path, body, file, output }: Doing, url: string): string {
  const words = [
    "curl",
    ...method === "GET" ? [] : ["-X", method],
    `-H "Authorization: Bearer $CUGRO_TOKEN"`,
  ];
  if (file !== undefined) words.push("--data-binary", quoted(`@${file}`));
  else if (body !== undefined) {
    words.push("-H", quoted("content-type: application/json"), "-d", quoted(JSON.stringify(body)));
  }
  if (output !== undefined) words.push("-o", quoted(output));
  return [...words, quoted(url + path)].join(" ");
}

/** One word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The path of something of a learner. */
export function pathOf(name: string, rest = ""): string {
  return `/v1/learners/${encodeURIComponent(name)}${rest}`;
}
