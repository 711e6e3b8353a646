/**
 * The table of rooms: who may import whom, and which room a file is in. Pure.
 * @module
 */

const COMMON = ["protocol", "async", "telemetry"];
const CHAPTERS = [
  "numerics",
  "knobs",
  "replay",
  "diffusion",
  "latent",
  "vae",
  "gan",
  "generators",
  "distillation",
  "critic",
  "policy",
  "measures",
  "estimate",
].map((chapter) => `algorithm/${chapter}`);
/** What readers of files share with the judgement of what they read. */
const DATASET_WORDS = ["dataset", "field_names", "notice", "printable", "read_limits"].map((file) =>
  `datasets/${file}`
);

/** Room -> what it may import besides itself: a room with all that is in it, or a single file without its ending. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  async: [],
  telemetry: ["protocol", "async"],
  store: COMMON,
  bus: COMMON,
  tensors: COMMON,
  process: [...COMMON, "store", "bus", "tensors"],
  worker: [...COMMON, "store", "bus", "tensors", "algorithm/knobs"],
  algorithm: [...CHAPTERS, "tensors/seam"],
  "algorithm/numerics": ["tensors/seam"],
  "algorithm/knobs": [],
  "algorithm/replay": ["algorithm/numerics"],
  "algorithm/diffusion": ["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/replay"],
  // The families that diffusion is compared with train by its machinery; `generators` knows them all.
  "algorithm/latent": [
    "tensors/seam",
    "algorithm/numerics",
    "algorithm/knobs",
    "algorithm/replay",
    "algorithm/diffusion",
  ],
  "algorithm/vae": [
    "tensors/seam",
    "algorithm/numerics",
    "algorithm/knobs",
    "algorithm/diffusion",
    "algorithm/latent",
  ],
  "algorithm/gan": [
    "tensors/seam",
    "algorithm/numerics",
    "algorithm/knobs",
    "algorithm/diffusion",
    "algorithm/latent",
  ],
  "algorithm/generators": [
    ...["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/replay", "algorithm/diffusion"],
    ...["algorithm/vae", "algorithm/gan"],
  ],
  "algorithm/distillation": ["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/diffusion"],
  "algorithm/critic": ["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/replay"],
  "algorithm/policy": [
    ...["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/diffusion", "algorithm/critic"],
    ...["algorithm/distillation", "algorithm/generators"],
  ],
  "algorithm/measures": ["tensors/seam", "algorithm/numerics", "algorithm/knobs"],
  // Acting without a tensor library: of the algorithm only what works on arrays.
  inference: ["algorithm/arrays", "algorithm/knobs"],
  "algorithm/estimate": [
    ...["tensors/seam", "algorithm/numerics", "algorithm/knobs", "algorithm/critic", "algorithm/measures"],
  ],
  hdf5: [],
  datasets: [
    ...["protocol", "async", "hdf5", "datasets/blocks", "datasets/formats", "datasets/isolated"],
    ...["datasets/writing", "datasets/statistics", "datasets/plausibility"],
  ],
  "datasets/blocks": ["hdf5"],
  "datasets/formats": ["protocol", "hdf5", "datasets/blocks", "datasets/parquet", ...DATASET_WORDS],
  "datasets/isolated": ["hdf5", "datasets", "datasets/blocks"],
  "datasets/parquet": ["hdf5", "datasets/blocks", "datasets/formats"],
  "datasets/plausibility": ["hdf5", "datasets", "datasets/blocks"],
  "datasets/statistics": ["datasets/dataset", "datasets/dataset_summary"],
  "datasets/writing": ["protocol", "datasets/dataset", "datasets/read_limits"],
  environments: ["protocol", "async"],
  // What a file is, before it is a task.
  judging: ["protocol", "datasets", "environments"],
  "environments/gymnasium": ["protocol", "async"],
  "environments/metaworld": ["environments", "environments/gymnasium"],
  learners: [
    ...COMMON,
    "algorithm",
    "store",
    "bus",
    "learners/acts",
    "learners/planning",
    "learners/reading",
    "learners/results",
  ],
  // Where learners stand, as the store tells it.
  "learners/reading": [...COMMON, "algorithm", "store", "learners", "learners/planning", "learners/results"],
  // The graph of a learner's jobs: pure.
  "learners/planning": ["protocol", "algorithm", "learners"],
  // A label is judged by what a file could say, and by what can be simulated.
  "learners/acts": [
    ...[...COMMON, "algorithm", "store", "learners", "learners/planning", "learners/results"],
    ...["datasets/attributes", "environments/families"],
  ],
  // What versions have shown, what labels make of it, and what is decided by it: pure.
  "learners/results": ["protocol", "algorithm", "learners", "learners/planning"],
  jobs: [...COMMON, "algorithm", "datasets", "store", "bus", "tensors", "process", "worker"],
  client: ["protocol", "async", "algorithm/knobs"],
  // Whole stores copied, proved, restored.
  backup: [...COMMON, "store", "learners"],
  // Jobs executed again, to compare.
  verification: [...COMMON, "store", "bus", "worker", "learners", "algorithm/knobs"],
  problems: [...COMMON, "algorithm/knobs", "store", "learners"],
  serving: [...COMMON, "algorithm", "inference", "store", "bus", "tensors", "worker", "learners", "jobs"],
  // A policy that leaves the system: the networks as graphs, what is known of a version, and what reads it elsewhere.
  export: [
    ...["protocol", "async", "telemetry", "algorithm", "inference", "store", "tensors", "learners"],
    ...["jobs", "serving", "environments/families"],
  ],
  // What a learner has come to, for other tools.
  tables: ["protocol", "async", "store", "learners"],
  report: ["protocol", "async", "algorithm", "store", "learners", "problems", "jobs", "datasets", "tables"],
  // services/services.ts and what is made of it; every service may read it.
  services: ["protocol", "telemetry", "tensors", "process", "worker", "jobs", "environments/gymnasium"],
};
/** What a person types; beside it is how that is done. */
const COMMANDS = "scripts/cli/commands/";
/** Folders of scripts and tests whose size is counted by itself. */
const SCRIPT_ROOMS: readonly string[] = [
  // What learners have come to; before the folder that it is in.
  `${COMMANDS}numbers/`,
  // Data made here; likewise.
  `${COMMANDS}collecting/`,
  "scripts/cli/runs/",
  // What happens, as it happens, and what was logged.
  "scripts/cli/following/",
  COMMANDS,
  "scripts/cli/stores/",
  "scripts/lab/bench/",
  "scripts/lab/grid/",
  "scripts/lab/streams/",
  "scripts/lab/swap/",
  "scripts/lab/questions/",
  "scripts/lab/calibration/",
  "scripts/lab/distillation/",
  "tests/faults/campaign/",
  "tests/faults/campaign/",
];
/** What every service may import: all of `shared`, and the table of services. */
const SHARED = Object.keys(ALLOWED);
/** Rooms inside a service. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  "services/gateway": [
    "acting",
    "dashboard",
    "events",
    "here",
    "live",
    "problems",
    "routes",
    "routes/memory",
    "webhooks",
  ].map(
    (
      inner,
    ) => `services/gateway/${inner}`,
  ),
  "services/gateway/acting": ["services/gateway"],
  // The gateway without a cluster.
  "services/gateway/here": ["services/gateway", "services/gateway/events", "services/gateway/live"],
  // Run in browsers; robots and replay are loaded where they are looked at.
  "services/gateway/dashboard": [
    ...["services/gateway/live", "services/gateway/dashboard/acts", "services/gateway/dashboard/compare"],
    ...["services/gateway/dashboard/robots", "services/gateway/dashboard/replay"],
  ],
  "services/gateway/dashboard/acts": ["services/gateway/dashboard"],
  "services/gateway/dashboard/compare": ["services/gateway/dashboard"],
  "services/gateway/dashboard/robots": ["services/gateway/dashboard"],
  "services/gateway/dashboard/replay": ["services/gateway/dashboard", "services/gateway/dashboard/robots"],
  "services/gateway/routes": ["", "/events", "/live", "/problems", "/webhooks"].map((inner) =>
    `services/gateway${inner}`
  ),
  // What is remembered of a task.
  "services/gateway/routes/memory": ["services/gateway"],
};
/** Rooms inside rooms come first: a file is in the innermost. */
const INNER_ROOMS = [...new Set([...Object.keys(INNER), ...Object.values(INNER).flat()])]
  .filter((room) => room.split("/").length > 2).sort((a, b) => b.length - a.length);

/** Whether a file is only for tests. */
export const isTest = (path: string): boolean => /_test\.ts$|_bench\.ts$|^tests\/|\/testing\//.test(path);

/**
 * The room that a file is in: `shared/store/x.ts` -> `store`; the algorithm's chapters, the readers of datasets, what people do
 * with a learner, what its versions have shown, services and what is inside the gateway are rooms of their own. Undefined for scripts, infra and tests, which may import everything.
 */
export function roomOf(path: string): string | undefined {
  const [top, room, inner] = path.split("/");
  if (top === "shared") {
    const chapter = `${room}/${inner}`;
    return Object.hasOwn(ALLOWED, chapter) ? chapter : room;
  }
  if (top !== "services") return undefined;
  if (room?.endsWith(".ts")) return "services";
  return INNER_ROOMS.find((one) => path.startsWith(`${one}/`)) ?? `services/${room}`;
}

function mayImport(room: string, target: string, file: string): boolean {
  const allowed = room.startsWith("services/") ? [...SHARED, ...INNER[room] ?? []] : ALLOWED[room] ?? [];
  return allowed.some((one) =>
    one === target || file.startsWith(`shared/${one}/`) || file === `shared/${one}.ts`
  );
}

/** What is wrong with an import, if anything. `to`: a path, or `npm:` and a package's name. */
export function faultOfImport(from: string, to: string): string | undefined {
  const room = roomOf(from);
  if (isTest(from)) return undefined;
  if (isTest(to)) return `${from} imports ${to}, which is for tests`;
  if (room === undefined) return undefined;
  if (to.startsWith("npm:")) {
    const touchesTensors = /^(algorithm(\/|$)|tensors$)/.test(room);
    return to.includes("@tensorflow/") && !touchesTensors ? `${from} imports tensors (${to})` : undefined;
  }
  const target = roomOf(to);
  if (target === undefined) return `${from} imports ${to}`;
  if (target === room || mayImport(room, target, to)) return undefined;
  return `${from} (${room}) may not import ${to} (${target})`;
}

/** The room whose size a file counts to: of scripts, infra and tests the folder; the commands of the CLI and what is in `SCRIPT_ROOMS` are rooms of their own. */
export function sizeRoomOf(path: string): string {
  const room = roomOf(path);
  if (room !== undefined) return room;
  const inner = SCRIPT_ROOMS.find((folder) => path.startsWith(folder));
  if (inner !== undefined) return inner.slice(0, -1);
  const [top, folder, ...rest] = path.split("/");
  return rest.length > 0 ? `${top}/${folder}` : top!;
}
