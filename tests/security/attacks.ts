/**
 * What hostile code in a service's process would try, one by one, and how each went; run with the flags of a service by
 * `deno_permissions_test.ts`. Prints a JSON object: `true` where it worked, else the name of the error; then waits for its end.
 * @module
 */
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { readFileSync } from "node:fs";
import process from "node:process";

/** What there is to be got at. */
export interface Prey {
  /** Files and folders that are somebody else's. */
  files: string[];
  /** Variables of the environment that are. */
  variables: string[];
  /** Folders where nothing may be written. */
  folders: string[];
  /** Paths of the libraries that may be loaded. */
  libraries: string[];
  /** A file that a started program makes. */
  mark: string;
  /** A folder in which the process may write; empty: none. */
  own: string;
  /** A server of another process, on loopback. */
  port: number;
}

const prey: Prey = JSON.parse(Deno.args[0]!);
const touch = (name: string) => new TextEncoder().encode(`touch ${prey.mark}-${name}\0`);

/** Until the test kills this process: TensorFlow does not survive being unloaded. */
const kept: unknown[] = [];

/** libc's system(), looked up through a library. */
function system(library: string, name: string): void {
  const opened = Deno.dlopen(library, { system: { parameters: ["buffer"], result: "i32" } });
  kept.push(opened);
  const status = opened.symbols.system(touch(name));
  if (status !== 0) throw new Error(`system() returned ${status}`);
}

function answered(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => void (socket.destroy(), resolve()));
    socket.on("error", reject);
  });
}

const attacks: Record<string, () => unknown> = {
  "system() in libc": () => system("libc.so.6", "libc"),
  ...Object.fromEntries(
    prey.libraries.map((path, i) => [`system() through library ${i}`, () => system(path, `library${i}`)]),
  ),
  "a program of Deno": () => new Deno.Command("touch", { args: [`${prey.mark}-deno`] }).outputSync(),
  "a program of Node": () => {
    const { error } = spawnSync("touch", [`${prey.mark}-node`]);
    if (error) throw error;
  },
  ...Object.fromEntries(prey.files.map((path) => [`reading ${path}`, () => readFileSync(path)])),
  "listing the root": () => [...Deno.readDirSync("/")],
  ...Object.fromEntries(
    prey.variables.map((name) => [`variable ${name}`, () => {
      if (process.env[name] === undefined) throw new Error("not there");
    }]),
  ),
  "all variables": () => Deno.env.toObject(),
  "setting LD_PRELOAD": () => Deno.env.set("LD_PRELOAD", "/tmp/x.so"),
  "setting CUGRO_CONFINED": () => Deno.env.set("CUGRO_CONFINED", "off"),
  ...Object.fromEntries(
    prey.folders.map((path) => [`writing into ${path}`, () => {
      Deno.writeTextFileSync(`${path}/written-by-attack`, "x");
      Deno.removeSync(`${path}/written-by-attack`);
    }]),
  ),
  ...Object.fromEntries(
    prey.libraries.map((
      path,
      i,
    ) => [`writing over library ${i}`, () => Deno.openSync(path, { write: true }).close()]),
  ),
  "a link out of its own folder": () => {
    Deno.symlinkSync("/etc/passwd", `${prey.own}/link`);
    Deno.removeSync(`${prey.own}/link`);
  },
  "another server": () => answered(prey.port),
  "code from another server": () => import(`http://127.0.0.1:${prey.port}/code.ts`),
  "a thread with more rights": () =>
    new Worker("data:text/javascript,", {
      type: "module",
      deno: { permissions: { run: true, read: true } },
    }).terminate(),
};

const outcomes: Record<string, string | true> = {};
for (const [name, attack] of Object.entries(attacks)) {
  try {
    await attack();
    outcomes[name] = true;
  } catch (error) {
    outcomes[name] = (error as Error).name;
  }
}
console.log(JSON.stringify(outcomes));
setInterval(() => kept.length, 60_000);
