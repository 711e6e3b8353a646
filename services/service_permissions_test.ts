import { assertEquals } from "@std/assert";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { denoFlags, permissionsOf, type Place } from "./service_permissions.ts";
import { SERVICES } from "./services.ts";

const KEYED = {
  CUGRO_STORE: "s3://cugro",
  CUGRO_S3_ENDPOINT: "http://127.0.0.1:9000",
  CUGRO_S3_ACCESS_KEY: "k",
};
const place = (environment: Place["environment"]): Place => ({
  root: "/app",
  temporary: "/tmp/own",
  environment,
  libraries: ["/opt/b/binding.node"],
});

Deno.test("permissionsOf() lists the hosts that the environment names, and all only where nobody can list them", () => {
  const hostsOf = (environment: Place["environment"]) => permissionsOf({}, place(environment)).net;
  const servers = {
    ...KEYED,
    CUGRO_NATS: "nats://10.0.0.1:4222,tls://nats.example:4223",
    CUGRO_HTTP_PORT: "8080",
  };
  assertEquals(hostsOf(servers), ["127.0.0.1:8080", "10.0.0.1:4222", "nats.example", "127.0.0.1:9000"]);
  const elsewhere = { CUGRO_HTTP_HOST: "::1", CUGRO_S3_ENDPOINT: "https://s3.example/x" };
  assertEquals(hostsOf({ ...servers, ...elsewhere, CUGRO_NATS: "" }), ["[::1]:8080", "s3.example"]);
  assertEquals(hostsOf({ ...servers, CUGRO_HTTP_PORT: "0", CUGRO_NATS: "nats://[::2]:1" }), [
    "127.0.0.1",
    "[::2]:1",
    "127.0.0.1:9000",
  ]);
  assertEquals(hostsOf({ CUGRO_STORE: "/data/store" }), []);
  assertEquals(hostsOf({ ...servers, CUGRO_S3_ACCESS_KEY: undefined }), "all");
  assertEquals(hostsOf({ ...servers, CUGRO_S3_ENDPOINT: "" }), "all");
  assertEquals(permissionsOf({ anyHost: true }, place(servers)).net, "all");
});

Deno.test("permissionsOf() gives libraries and a temporary folder to those who compute, and keys to those who have none of ours", () => {
  const plain = permissionsOf({}, place({ ...KEYED, CUGRO_TOKENS_FILE: "/run/tokens", HOME: "/home/me" }));
  assertEquals([plain.ffi, plain.write, plain.read.at(-1)], [[], [], "/run/tokens"]);
  assertEquals(plain.env.filter((name) => /SECRET_ACCESS|TMPDIR|\*|CONFINED/.test(name)), []);
  const native = permissionsOf({ native: true }, place(KEYED));
  assertEquals([native.ffi, native.write], [["/opt/b/binding.node"], ["/tmp/own"]]);
  const asking = permissionsOf({}, place({ CUGRO_STORE: "s3://cugro", HOME: "/home/me" }));
  assertEquals([asking.read.at(-1), asking.env.includes("AWS_*")], ["/home/me/.aws", true]);
});

Deno.test("permissionsOf() gives a store in a folder by both its paths, and denoFlags() what comes nearest to one with a comma", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "cugro-permissions-")));
  try {
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const linked = permissionsOf({}, place({ CUGRO_STORE: join(folder, "link") }));
    assertEquals(linked.write, [join(folder, "link"), join(folder, "real")]);
    const odd = denoFlags(permissionsOf({}, place({ CUGRO_STORE: join(folder, "a,b", "c") })));
    assertEquals(odd.filter((flag) => flag.startsWith("--allow-write")), [`--allow-write=${folder}`]);
    assertEquals(odd.filter((flag) => /^--allow-(run|ffi|net|all|import)|^-A$/.test(flag)), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

Deno.test("the gateway's ways to act can be loaded with the gateway's flags, which some of their packages ask for", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "cugro-permissions-")));
  try {
    const environment = { CUGRO_STORE: join(folder, "store") };
    const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
    const flags = denoFlags(permissionsOf(SERVICES.gateway.access, { root, temporary: folder, environment }));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", ...flags, join(root, "services", "gateway", "acting", "mod.ts")],
      env: { TMPDIR: folder },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
