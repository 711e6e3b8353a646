/** Digests come from a registry, by its API and with the token it asks for, and from nowhere else. A real HTTP server is asked. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { formatImages, pinImages } from "./pin_images.ts";
import { digestOf, repositoryOf } from "./registry.ts";
import { renderedFiles } from "./render/files.ts";
import {
  type Images,
  parseReference,
  readImages,
  referenceOf,
  renderImages,
  unpinned,
} from "./render/images.ts";

const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [],
});
const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

interface Asked {
  path: string;
  accept: string;
  authorization: string | null;
}

/** A registry as the specification has it: manifests for those with a token, tokens for those who ask. */
function startRegistry(manifests: Record<string, string>) {
  const asked: Asked[] = [];
  const answers: { digest?: string; token?: unknown; challenge?: string; status?: number } = {};
  let port = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/token") {
      const name = answers.token === undefined ? "token" : "access_token";
      return Response.json({
        [name]: answers.token ?? `for ${searchParams.get("service")} ${searchParams.get("scope")}`,
      });
    }
    const authorization = request.headers.get("authorization");
    asked.push({ path: pathname, accept: request.headers.get("accept") ?? "", authorization });
    const [, path, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    if (authorization !== `Bearer ${answers.token ?? `for local repository:${path}:pull`}`) {
      const challenge = answers.challenge ??
        `Bearer realm="http://127.0.0.1:${port}/token",service="local",scope="repository:${path}:pull"`;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    }
    const body = manifests[`${path}:${tag}`];
    if (body === undefined) return new Response(null, { status: answers.status ?? 404 });
    return new Response(body, { headers: { "docker-content-digest": answers.digest ?? sha256(body) } });
  });
  port = server.addr.port;
  return { host: `127.0.0.1:${port}`, asked, answers, stop: () => server.shutdown() };
}

Deno.test("digestOf() logs in as it is asked to, wants an index, and gives the hash of what was sent", async () => {
  const { host, asked, stop } = startRegistry({ "team/nats:2.15.2": INDEX });
  try {
    assertEquals(await digestOf(`${host}/team/nats`, "2.15.2"), sha256(INDEX));
    assertEquals(asked.map(({ path }) => path), Array(2).fill("/v2/team/nats/manifests/2.15.2"));
    assertEquals(asked.map(({ authorization }) => authorization), [
      null,
      "Bearer for local repository:team/nats:pull",
    ]);
    assertEquals(asked[0]!.accept.split(", ")[0], "application/vnd.oci.image.index.v1+json");
  } finally {
    await stop();
  }
});

Deno.test("digestOf() takes a token by its other name, and no digest that is not what was sent, no invalid token", async () => {
  const { host, answers, stop } = startRegistry({ "team/nats:2.15.2": INDEX });
  const ask = (tag = "2.15.2") => digestOf(`${host}/team/nats`, tag);
  try {
    answers.token = "secret";
    assertEquals(await ask(), sha256(INDEX));
    answers.digest = sha256("something else");
    await assertRejects(
      ask,
      Error,
      `says ${sha256("something else")}, and what it sends is ${sha256(INDEX)}`,
    );
    await assertRejects(
      () => ask("2.16.0"),
      Error,
      `Cannot pin ${host}/team/nats:2.16.0: ${host} has no such tag`,
    );
    answers.status = 500;
    await assertRejects(() => ask("2.16.0"), Error, "answers with status 500");
    answers.token = "";
    await assertRejects(ask, Error, "gives no token");
    answers.challenge = "Basic realm=x";
    await assertRejects(ask, Error, "wants a login other than by bearer token");
  } finally {
    await stop();
  }
  await assertRejects(ask, Error, "cannot be reached");
});

Deno.test("repositoryOf() knows where names without a host lie", () => {
  const places = Object.fromEntries(
    ["nats", "prom/prometheus", "docker.io/nats", "ghcr.io/a/b", "localhost/a", "r.example:5000/a/b/c"].map(
      (name) => {
        const { origin, path } = repositoryOf(name);
        return [name, `${origin} ${path}`];
      },
    ),
  );
  assertEquals(places, {
    nats: "https://registry-1.docker.io library/nats",
    "prom/prometheus": "https://registry-1.docker.io prom/prometheus",
    "docker.io/nats": "https://registry-1.docker.io library/nats",
    "ghcr.io/a/b": "https://ghcr.io a/b",
    "localhost/a": "http://localhost a",
    "r.example:5000/a/b/c": "https://r.example:5000 a/b/c",
  });
});

Deno.test("pinImages() fills what is missing, leaves what cannot be asked, and says which tags have moved", async () => {
  const { host, stop } = startRegistry({ "a:1.0": INDEX, "b:1.0": `${INDEX}\n` });
  const [a, b, c] = [`${host}/a`, `${host}/b`, `${host}/c`];
  const old = sha256("old");
  const images: Images = { [a]: { tag: "1.0" }, [b]: { tag: "1.0", digest: old }, [c]: { tag: "1.0" } };
  try {
    const { images: pinned, done, faults } = await pinImages(images, false);
    assertEquals(pinned, { ...images, [a]: { tag: "1.0", digest: sha256(INDEX) } });
    assertEquals(done, [`${a}:1.0 is ${sha256(INDEX)}`]);
    assertEquals(unpinned(pinned), [c]);
    const [moved, missing] = faults;
    assertStringIncludes(moved!, `${b}:1.0 has moved from ${old} to ${sha256(`${INDEX}\n`)}`);
    assertStringIncludes(missing!, `Cannot pin ${c}:1.0`);
    const updated = await pinImages(images, true);
    assertEquals(updated.images[b]!.digest, sha256(`${INDEX}\n`));
    assertEquals(updated.faults.length, 1);
  } finally {
    await stop();
  }
});

Deno.test("a digest goes wherever the image is named, and images.json is as it would be written", () => {
  const file = new URL("images.json", import.meta.url);
  assertEquals(formatImages(readImages(file)), readFileSync(file, "utf8"));
  const images = readImages();
  const digest = sha256("x");
  const pinned = Object.fromEntries(
    Object.entries(images).map(([name, version]) => [name, { ...version, digest }]),
  );
  const before = renderedFiles(undefined, undefined, images);
  const after = renderedFiles(undefined, undefined, pinned);
  for (const name of Object.keys(images)) {
    const plain = referenceOf(name, images[name]!);
    const files = Object.keys(before).filter((path) =>
      new RegExp(`(image:|FROM) +${plain}\\b`).test(before[path]!)
    );
    assertEquals(files.length > 0, true, plain);
    for (const path of files) assertStringIncludes(after[path]!, `${plain}@${digest}`);
  }
  assertEquals(Object.keys(after).filter((path) => renderImages(after[path]!, images) !== before[path]), []);
});

Deno.test("parseReference() knows a port from a tag", () => {
  assertEquals(parseReference("a.b:5000/c"), { name: "a.b:5000/c", tag: "", digest: "" });
  assertEquals(parseReference("a.b:5000/c:1@sha256:0"), { name: "a.b:5000/c", tag: "1", digest: "sha256:0" });
  assertEquals(parseReference("nats"), { name: "nats", tag: "", digest: "" });
});
