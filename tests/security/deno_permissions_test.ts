/**
 * What Deno allows the services, tried by hostile code in a process with exactly a service's flags. That the flags suffice
 * is shown by `tests/cluster`, whose services run with them.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openBackend, profileId } from "@cugro/tensors";
import { nativeLibraries } from "@cugro/tensors/native";
import { confineService } from "../../scripts/cluster/service_programs.ts";
import { confine, type ConfinedProcess, ROOT } from "../../services/confined_process.ts";
import { SERVICE_NAMES, type ServiceName, SERVICES } from "../../services/services.ts";
import type { Prey } from "./attacks.ts";
import { withFolder } from "../fakes/test_folder.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const SERVER = {
  CUGRO_NATS: "nats://127.0.0.1:1",
  CUGRO_S3_ENDPOINT: "http://127.0.0.1:2",
  CUGRO_HTTP_PORT: "3",
};
const KEYS = { CUGRO_STORE: "s3://cugro", CUGRO_S3_ACCESS_KEY: "k", CUGRO_S3_SECRET_KEY: "s" };
const OTHERS = { AWS_SECRET_ACCESS_KEY: "operator's", CUGRO_TOKEN: "client's", SOMETHING_ELSE: "x" };

const WITHIN_MS = 60_000;

/** One of each sort: the others have the same access, which is compared. */
const TRIED: ServiceName[] = ["gateway", "coordinator", "state-generation", "policy-evaluation"];

const ATTACKS = here("attacks.ts");
const BACKEND = here("confined_backend.ts");

const running = (confined: ConfinedProcess, program: string) => ({
  ...confined,
  args: [...confined.args, program],
});

/** What a program prints, in JSON; it is killed once it has. */
async function run(confined: ConfinedProcess, ...args: string[]) {
  const child = new Deno.Command(process.execPath, {
    args: [...confined.args, ...args],
    env: { ...OTHERS, ...confined.environment },
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const late = setTimeout(() => child.kill("SIGKILL"), WITHIN_MS);
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) child.kill("SIGKILL");
  }
  clearTimeout(late);
  await child.status;
  return JSON.parse(text);
}

function preyIn(folder: string, port: number, { environment }: ConfinedProcess): Prey {
  const store = join(folder, "store-of-another");
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, "head.json"), "{}");
  return {
    files: ["/etc/passwd", "/proc/self/environ", join(store, "head.json"), join(ROOT, "README.md")],
    variables: [...Object.keys(OTHERS), "PATH"],
    folders: [folder, store, tmpdir(), homedir(), ROOT, join(ROOT, "shared"), join(ROOT, "node_modules")],
    libraries: nativeLibraries(),
    mark: join(folder, "started"),
    own: environment.TMPDIR!,
    port,
  };
}

/** Serves code over HTTP; counts the requests. */
function stranger() {
  let visits = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    visits++;
    return new Response("export const x = 1;", { headers: { "content-type": "text/javascript" } });
  });
  return { port: server.addr.port, visits: () => visits, stop: () => server.shutdown() };
}

/** What worked of all that was tried, and what a started program left. */
async function attack(folder: string, port: number, confined: ConfinedProcess) {
  const outcomes = await run(confined, JSON.stringify(preyIn(folder, port, confined)));
  const started = readdirSync(folder).filter((name) => name.startsWith("started"));
  return {
    tried: Object.keys(outcomes).length,
    worked: Object.keys(outcomes).filter((name) => outcomes[name] === true),
    started,
  };
}

for (const service of TRIED) {
  Deno.test(`hostile code with the flags of ${service} gets at nothing`, () =>
    withFolder(async (folder) => {
      const server = stranger();
      const confined = running(confineService(service, { ...SERVER, ...KEYS }), ATTACKS);
      try {
        const { tried, worked, started } = await attack(folder, server.port, confined);
        assert(tried > 25);
        // Webhooks go where clients say; what is not for others is refused by the gateway itself.
        assertEquals(worked, SERVICES[service].access.anyHost ? ["another server"] : []);
        assertEquals([started, server.visits()], [[], 0]);
      } finally {
        confined.clear();
        await server.stop();
      }
      assert(!existsSync(confined.environment.TMPDIR!));
    }));
}

Deno.test("the same code gets at all of it with the permissions that services had", () =>
  withFolder(async (folder) => {
    const server = stranger();
    const own = { ...SERVER, ...KEYS };
    const flags = ["--allow-net", "--allow-env", "--allow-read", "--allow-write=/tmp", "--allow-ffi"];
    const before = {
      args: ["run", ...flags, ATTACKS],
      environment: { ...own, TMPDIR: folder },
      clear: () => {},
    };
    try {
      const { worked, started } = await attack(folder, server.port, before);
      for (
        const what of [
          "system() in libc",
          ...nativeLibraries().map((_, i) => `system() through library ${i}`),
          "reading /etc/passwd",
          `reading ${join(folder, "store-of-another", "head.json")}`,
          "listing the root",
          ...Object.keys(OTHERS).map((name) => `variable ${name}`),
          "all variables",
          "setting LD_PRELOAD",
          `writing into ${folder}`,
          "another server",
        ]
      ) assert(worked.includes(what), `${what}: ${worked.join(", ")}`);
      assertEquals(started.length, 1 + nativeLibraries().length);
    } finally {
      await server.stop();
    }
  }));

Deno.test("hostile code in an embedded worker gets at its command's store, and at nothing else", () =>
  withFolder(async (folder) => {
    const server = stranger();
    const store = join(folder, "own");
    mkdirSync(store);
    const worker = confine(
      { native: true },
      { CUGRO_STORE: store, CUGRO_NATS: "", CUGRO_HTTP_PORT: "" },
      "workers",
    );
    try {
      assertEquals(worker.args.filter((flag) => flag.startsWith("--allow-net")), []);
      const hostile = running(worker, ATTACKS);
      const { worked, started } = await attack(folder, server.port, hostile);
      assertEquals([worked, started], [[], []]);
      const wanted = [store, worker.environment.TMPDIR].sort();
      const written = worker.args.find((flag) => flag.startsWith("--allow-write="))!.split("=")[1]!.split(
        ",",
      );
      assertEquals(written.sort(), wanted);
    } finally {
      worker.clear();
      await server.stop();
    }
  }));

Deno.test("every service is of a sort that was tried, and gives up native code once it has it", () => {
  for (const name of SERVICE_NAMES) {
    const { access, kinds } = SERVICES[name];
    assert(TRIED.some((tried) => JSON.stringify(SERVICES[tried].access) === JSON.stringify(access)), name);
    if (kinds.length === 0) continue;
    const main = readFileSync(join(ROOT, "services", name, "main.ts"), "utf8");
    assertMatch(main, /onOpened: \(\) => Deno\.permissions\.revoke\(\{ name: "ffi" \}\)/, name);
  }
});

Deno.test({
  name:
    "a confined process computes with the profile of an unconfined one, also without the right to native code",
  ignore: nativeLibraries().length === 0,
  async fn() {
    const confined = running(confineService("critic-training", { ...SERVER, ...KEYS }), BACKEND);
    try {
      const { profile } = await openBackend();
      const seen = await run(confined);
      assertEquals(seen, { profile: profileId(profile), y: [9, 16], loading: "NotCapable" });
      assertMatch(profile.cpuFeatures, /^[0-9a-f]{8}$/);
    } finally {
      confined.clear();
    }
  },
});
