/**
 * What Deno allows the process of a service: lists, from the table of services and from what is known of the place where
 * it is started. No list is open where its members can be known, and nobody may start a program but the one who runs
 * environments of Gymnasium: exactly the interpreter that is named.
 *
 * Deno's lists hold JavaScript. Native code is held by what goes with them: CUGRO_CONFINED, by which the addons refuse the
 * process every other program (`shared/tensors/native/no_programs.cc`), and the user and the container that it runs as.
 * @module
 */
import { realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CONFIG_VARIABLES } from "@cugro/process";
import { nativeLibraries } from "@cugro/tensors/native";
import type { Access } from "./services.ts";

/** Where a process is started. */
export interface Place {
  /** The repository's folder, or the image's. */
  root: string;
  /** A folder of the process's own, for temporary files; its `TMPDIR` must name it. */
  temporary: string;
  /** Its environment. */
  environment: Readonly<Record<string, string | undefined>>;
  /** The libraries of the native backend, by real path. @default those that the set-up has installed */
  libraries?: readonly string[];
}

/** Deno's permissions of one process, by the flag that gives them; `all` where a list cannot be known. */
export interface Permissions {
  ffi: string[];
  run: string[];
  read: string[];
  write: string[];
  env: string[];
  sys: string[];
  net: string[] | "all";
}

/** Variables with paths of files that a service reads. */
export const FILE_VARIABLES = [
  "CUGRO_NATS_SEED_FILE",
  "CUGRO_NATS_CA_FILE",
  "CUGRO_S3_CA_FILE",
  "CUGRO_TOKENS_FILE",
  "CUGRO_NOTIFICATION_SECRET_FILE",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
] as const;

/** Variables that the AWS SDK reads beside our own configuration. */
const VARIABLES = ["_X_AMZN_TRACE_ID", "HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE"];
/** Where it has keys from us. Somebody's own keys may be in the environment as well, and are nothing to a service. */
const AWS_SETTINGS = [
  "AUTH_SCHEME_PREFERENCE",
  "CONFIG_FILE",
  "DEFAULTS_MODE",
  "DEFAULT_REGION",
  "DISABLE_CLOCK_SKEW_CORRECTION",
  "EC2_METADATA_DISABLED",
  "EXECUTION_ENV",
  "LAMBDA_BENCHMARK_MODE",
  "LAMBDA_FUNCTION_NAME",
  "LAMBDA_MAX_CONCURRENCY",
  "LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA",
  "MAX_ATTEMPTS",
  "PROFILE",
  "REGION",
  "RETRY_MODE",
  "S3_DISABLE_EXPRESS_SESSION_AUTH",
  "S3_DISABLE_MULTIREGION_ACCESS_POINTS",
  "S3_USE_ARN_REGION",
  "SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED",
  "SDK_UA_APP_ID",
  "SHARED_CREDENTIALS_FILE",
  "USE_DUALSTACK_ENDPOINT",
  "USE_FIPS_ENDPOINT",
].map((name) => `AWS_${name}`);
/** Set before libtensorflow is loaded, which reads them. */
const NATIVE_VARIABLES = [
  "TF_CPP_MIN_LOG_LEVEL",
  "TF_NUM_INTRAOP_THREADS",
  "TF_NUM_INTEROP_THREADS",
  "TF_ENABLE_ONEDNN_OPTS",
  "TF_FORCE_GPU_ALLOW_GROWTH",
  "OMP_NUM_THREADS",
  "CUDA_VISIBLE_DEVICES",
];
/** Variables that node's `spawn` reads, in order to pass them on. */
const SPAWN_VARIABLES = ["NODE_V8_COVERAGE"];
/** Variables that ws reads while it is loaded. */
const SOCKET_VARIABLES = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE"];
const TEMPORARY_VARIABLES = ["TMPDIR", "TMP", "TEMP"];
/** The sources that are run, and the files of the code's revision. Not the whole folder: datasets and keys lie there, too. */
const SOURCES = [
  "shared",
  "services",
  "node_modules",
  "deno.json",
  ".git/HEAD",
  ".git/refs",
  ".git/packed-refs",
];

/**
 * The permissions of a service's process.
 *
 * @param access what the service needs of the machine
 * @param place folders, and the variables that the process gets
 * @returns paths, hosts and variables, each once
 */
export function permissionsOf(access: Access, place: Place): Permissions {
  const { root, temporary, environment, libraries = nativeLibraries() } = place;
  const native = access.native === true;
  const run = access.python === true && environment.CUGRO_PYTHON ? [resolve(environment.CUGRO_PYTHON)] : [];
  const store = storeFolder(environment.CUGRO_STORE);
  const keysAreOurs = Boolean(environment.CUGRO_S3_ACCESS_KEY) || store.length > 0;
  const files = FILE_VARIABLES.map((name) => environment[name]).filter((path) => path);
  return {
    ffi: native ? [...libraries] : [],
    run,
    read: unique([
      ...SOURCES.map((path) => join(root, path)),
      ...native ? [temporary, ...libraries.map(dirname)] : [],
      ...store,
      ...files.map((path) => resolve(path!)),
      ...keysAreOurs ? [] : awsFolder(environment),
    ]),
    write: [...native ? [temporary] : [], ...store],
    env: [
      ...CONFIG_VARIABLES,
      ...VARIABLES,
      ...keysAreOurs ? AWS_SETTINGS : ["AWS_*"],
      ...native ? [...NATIVE_VARIABLES, ...TEMPORARY_VARIABLES] : [],
      ...access.python === true ? SPAWN_VARIABLES : [],
      ...access.webSockets === true ? SOCKET_VARIABLES : [],
    ],
    sys: ["osRelease", "hostname", "homedir"],
    net: access.anyHost ? "all" : hostsOf(environment),
  };
}

/**
 * Arguments of Deno that grant these permissions and nothing else, without a prompt.
 *
 * @param permissions of {@link permissionsOf}
 * @returns for `deno run`
 */
export function denoFlags(permissions: Permissions): string[] {
  const { net, ...lists } = permissions;
  const flag = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`--allow-${name}=${unique(values.map(listable)).join(",")}`];
  return [
    "--no-prompt",
    "--no-remote",
    ...Object.entries(lists).flatMap(([name, values]) => flag(name, values)),
    ...net === "all" ? ["--allow-net"] : flag("net", net),
  ];
}

/** Deno's lists cannot name a path with a comma: the folder above it is what comes nearest. */
function listable(value: string): string {
  return value.includes(",") ? listable(dirname(value)) : value;
}

/** A store in a folder: its path as given, and the real one, by which the store opens it. */
function storeFolder(store: string | undefined): string[] {
  if (!store || store.includes("://")) return [];
  const path = resolve(store);
  try {
    return unique([path, realpathSync(path)]);
  } catch {
    // It is still to be made.
    return [path];
  }
}

/** Without keys of ours the AWS SDK looks where it usually does. */
function awsFolder({ HOME, USERPROFILE }: Place["environment"]): string[] {
  const home = HOME || USERPROFILE;
  return home ? [join(home, ".aws")] : [];
}

/**
 * Bus, store and the process's own port. All hosts where the store is none that was named, with a key that was named:
 * the AWS SDK knows hosts for that which nobody else does.
 */
function hostsOf(environment: Place["environment"]): string[] | "all" {
  const { CUGRO_NATS, CUGRO_S3_ENDPOINT, CUGRO_STORE, CUGRO_HTTP_HOST, CUGRO_HTTP_PORT } = environment;
  const inFolder = storeFolder(CUGRO_STORE).length > 0;
  if (!inFolder && !(CUGRO_S3_ENDPOINT && environment.CUGRO_S3_ACCESS_KEY)) return "all";
  const host = CUGRO_HTTP_HOST || "127.0.0.1";
  const own = host.includes(":") ? `[${host}]` : host;
  return unique([
    ...CUGRO_HTTP_PORT ? [Number(CUGRO_HTTP_PORT) === 0 ? own : `${own}:${CUGRO_HTTP_PORT}`] : [],
    ...(CUGRO_NATS ?? "").split(",").map(hostOf).filter((server) => server !== ""),
    ...inFolder ? [] : [hostOf(CUGRO_S3_ENDPOINT!)],
  ]);
}

/**
 * `host:port` of a URL with an address. The host alone, and so every port of it, where the URL names no port, and where it
 * names the host: to look up a name is a right without a port.
 */
function hostOf(url: string): string {
  const host = url.trim().replace(/^[a-z0-9]+:\/\//i, "").replace(/\/.*$/, "");
  return /^(\d+(\.\d+){3}|\[.*\])(:\d+)?$/.test(host) ? host : host.replace(/:\d+$/, "");
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
