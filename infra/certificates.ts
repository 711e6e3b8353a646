/**
 * Certificates for TLS between services: a CA of one's own, and one certificate each for NATS and the S3 server, which the CA signs. Only
 * what is missing is made: to renew one, remove its two files; to renew all, the folder.
 *
 * `deno task infra:certificates [FOLDER] [--name HOST]...`  (default infra/secrets/tls)
 * @module
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { lastWords, runCommand } from "../scripts/setup/run_program.ts";
import { SECRETS_FOLDER } from "./secrets.ts";

/** Servers that are given a certificate: names of compose's services and of Kubernetes'. */
const SERVERS = ["nats", "minio"] as const;
const CA_DAYS = "3650";
/** The longest lifetime that Apple's and other clients accept. */
const SERVER_DAYS = "397";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * Makes missing certificates, `NAME.pem` with its key `NAME.key`: `ca`, and one for each server.
 *
 * @param names hosts and addresses that the servers answer at, besides their own names and this machine's
 * @returns names of the files that were made
 * @throws {Error} where there is no openssl, or it fails, or others may look into the folder
 */
export async function makeCertificates(place: string, names: readonly string[] = []): Promise<string[]> {
  const folder = resolve(place);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseOpen(folder);
  const scratch = mkdtempSync(join(tmpdir(), "cugro-certificates-"));
  const made: string[] = [];
  const keep = (name: string) => {
    for (const file of [`${name}.key`, `${name}.pem`]) {
      // The folder keeps others out; a container's user, mounted the file alone, must be able to read it.
      chmodSync(join(scratch, file), file === "ca.key" ? 0o400 : 0o444);
      moveFile(join(scratch, file), join(folder, file));
      made.push(file);
    }
  };
  try {
    if (!existsSync(join(folder, "ca.pem"))) {
      await openssl(
        scratch,
        "req",
        "-x509",
        ...NEW_KEY,
        ...outputs("ca.pem", "ca.key"),
        ...subject("CuGRO"),
        "-days",
        CA_DAYS,
      );
      keep("ca");
    }
    for (const server of SERVERS) {
      if (existsSync(join(folder, `${server}.pem`))) continue;
      await sign({ folder, scratch, server, names: [server, "localhost", "127.0.0.1", ...names] });
      keep(server);
    }
    return made;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const outputs = (file: string, key: string) => ["-out", file, "-keyout", key];
const subject = (name: string) => ["-subj", `/CN=${name}`];

/** The keys' own rights let anybody read them, so the folder must keep others out: one that was there before may not. */
function refuseOpen(folder: string): void {
  const others = statSync(folder).mode & 0o077;
  if (process.platform === "win32" || others === 0) return;
  throw new Error(
    `Others may look into ${folder}, where keys are to lie: chmod 700 it, or name another folder`,
  );
}

async function sign(
  { folder, scratch, server, names }: { folder: string; scratch: string; server: string; names: string[] },
): Promise<void> {
  const alternatives = names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",");
  writeFileSync(join(scratch, "names"), `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\n`);
  await openssl(scratch, "req", ...NEW_KEY, ...outputs("request.pem", `${server}.key`), ...subject(server));
  const by = [
    "-CA",
    join(folder, "ca.pem"),
    "-CAkey",
    join(folder, "ca.key"),
    "-CAcreateserial",
    "-CAserial",
    "serial",
  ];
  await openssl(
    scratch,
    ...["x509", "-req", "-in", "request.pem", "-out", `${server}.pem`, ...by],
    ...["-extfile", "names", "-days", SERVER_DAYS],
  );
}

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  const ended = await runCommand("openssl", args, {}, undefined, cwd);
  if (ended.code === 0) return;
  if (ended.code === null) {
    throw new Error(`Certificates are made by openssl, which is not there: ${lastWords(ended)}`);
  }
  throw new Error(`openssl ${args[0]} ended with status ${ended.code}: ${lastWords(ended)}`);
}

/** Both lie on one file system or not. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    Deno.copyFileSync(from, to);
  }
}

function parse(args: readonly string[]): { folder: string; names: string[] } | undefined {
  const names: string[] = [];
  const folders: string[] = [];
  for (let at = 0; at < args.length; at++) {
    if (args[at] !== "--name") folders.push(args[at]!);
    else if (/^[A-Za-z0-9.:*-]+$/.test(args[++at] ?? "")) names.push(args[at]!);
    else return undefined;
  }
  if (folders.length > 1 || folders.some((folder) => folder.startsWith("-"))) return undefined;
  return { folder: resolve(folders[0] ?? join(SECRETS_FOLDER, "tls")), names };
}

if (import.meta.main) {
  const parsed = parse(Deno.args);
  if (parsed === undefined) {
    console.error(
      "deno task infra:certificates [FOLDER] [--name HOST]...: HOST is another name or address of the servers",
    );
    Deno.exit(Deno.args.includes("--help") ? 0 : 1);
  }
  const made = await makeCertificates(parsed.folder, parsed.names);
  console.log(
    made.length === 0 ? "all certificates are there" : `made in ${parsed.folder}: ${made.join(", ")}`,
  );
}
