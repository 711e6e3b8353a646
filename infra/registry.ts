/**
 * What a container registry says about a tag, by the distribution specification's API (`/v2/`), logging in as its answers
 * ask for: with a bearer token that anybody is given for public images.
 * @module
 */
import { createHash } from "node:crypto";

/** Where the API of a name without a host is: such names are Docker Hub's, by Docker's own rule. */
const HUB = { host: "docker.io", api: "registry-1.docker.io" };
/** An index first: one digest for every processor. */
const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const TIMEOUT_MS = 20_000;
const MANIFEST_BYTES = 4 * 1024 * 1024;

/** Where an image lies. */
export interface Repository {
  /** Origin of the registry's API. */
  origin: string;
  /** The image's name there. */
  path: string;
}

/** Registry and path of an image's name: the part before the first slash is a host if it looks like one. */
export function repositoryOf(name: string): Repository {
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const host = hasHost ? first : HUB.host;
  const path = hasHost ? rest.join("/") : name;
  const isHub = host === HUB.host;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host);
  return {
    origin: `${isLocal ? "http" : "https"}://${isHub ? HUB.api : host}`,
    path: isHub && !path.includes("/") ? `library/${path}` : path,
  };
}

/**
 * The digest that a tag has now, of the index where there is one: the SHA-256 of the bytes that the registry sent.
 *
 * @throws {Error} naming the image and the registry: it cannot be reached, refuses, or says one digest and sends another.
 */
export async function digestOf(name: string, tag: string): Promise<string> {
  const { origin, path } = repositoryOf(name);
  const url = `${origin}/v2/${path}/manifests/${encodeURIComponent(tag)}`;
  const fail = (why: string) => new Error(`Cannot pin ${name}:${tag}: ${new URL(origin).host} ${why}`);
  let answer = await ask(url, undefined, fail);
  if (answer.status === 401) {
    await answer.body?.cancel();
    const token = await tokenFor(answer.headers.get("www-authenticate") ?? "", path, fail);
    answer = await ask(url, token, fail);
  }
  if (!answer.ok) {
    await answer.body?.cancel();
    throw fail(answer.status === 404 ? "has no such tag" : `answers with status ${answer.status}`);
  }
  const digest = `sha256:${createHash("sha256").update(await bodyOf(answer, fail)).digest("hex")}`;
  const announced = answer.headers.get("docker-content-digest");
  if (announced !== null && announced !== digest) {
    throw fail(`says ${announced}, and what it sends is ${digest}`);
  }
  return digest;
}

type Fail = (why: string) => Error;

async function ask(url: string, token: string | undefined, fail: Fail): Promise<Response> {
  const headers: Record<string, string> = { accept: ACCEPT };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw fail(`cannot be reached (${(error as Error).message})`);
  }
}

/** The token that a challenge names the place of: `Bearer realm="...",service="...",scope="..."`. */
async function tokenFor(challenge: string, path: string, fail: Fail): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  if (!/^bearer /i.test(challenge) || !fields.realm || !URL.canParse(fields.realm)) {
    throw fail("wants a login other than by bearer token");
  }
  const url = new URL(fields.realm);
  if (fields.service) url.searchParams.set("service", fields.service);
  url.searchParams.set("scope", fields.scope ?? `repository:${path}:pull`);
  const answer = await ask(url.href, undefined, fail);
  // cast: what a registry sends is anything; both names of the token are checked below.
  const { token, access_token } = answer.ok ? await answer.json() as Record<string, unknown> : {};
  if (!answer.ok) await answer.body?.cancel();
  const found = token ?? access_token;
  if (typeof found !== "string" || found === "") throw fail(`gives no token at ${url.host}`);
  return found;
}

async function bodyOf(answer: Response, fail: Fail): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    size += piece.length;
    if (size > MANIFEST_BYTES) throw fail(`sends more than ${MANIFEST_BYTES} bytes for a manifest`);
    pieces.push(piece);
  }
  if (size === 0) throw fail("sends an empty manifest");
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}
