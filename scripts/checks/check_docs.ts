/**
 * Every public symbol of every room has a sentence that says what it is, `deno doc --lint` finds nothing that matters
 * (`doc_lint.ts`), and READMEs say of knobs what their table says, and of results what their files say (`--write` renders both). Part of `deno task ok`.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { documentedFunctions, lackingTags } from "./doc_tags.ts";
import { usedElsewhere } from "./used_elsewhere.ts";
import { docLintFaults } from "./doc_lint.ts";
import { worthFaults } from "./estimate_worth.ts";
import { serviceTableFaults } from "./service_table.ts";
import { isTest } from "./layer_table.ts";
import { knobTableFaults } from "./knob_tables.ts";
import { resultFaults } from "./result_tables.ts";
import { streamTableFaults } from "./stream_tables.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));

interface Declaration {
  declarationKind?: string;
  kind?: string;
  jsDoc?: { doc?: string };
  location?: { filename: string; line: number };
}

interface Documentation {
  nodes:
    | Record<string, { symbols?: { name: string; declarations: Declaration[] }[] }>
    | (Declaration & { name: string })[];
}

/** `shared/<room>/mod.ts` and `services/<room>/mod.ts`. */
function publicModules(): string[] {
  return ["shared", "services"].flatMap((top) =>
    readdirSync(join(ROOT, top)).map((room) => join(ROOT, top, room, "mod.ts")).filter((path) =>
      existsSync(path)
    )
  );
}

function undocumented(module: string): string[] {
  const json = execFileSync(Deno.execPath(), ["doc", "--json", module], {
    cwd: ROOT,
    encoding: "utf8",
    // Warnings about types of other packages; where it fails they are in the error.
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 256 * 1024 * 1024,
  });
  const { nodes } = JSON.parse(json) as Documentation;
  const symbols = Array.isArray(nodes)
    ? nodes.map((node) => ({ name: node.name, declarations: [node] }))
    : Object.values(nodes).flatMap(({ symbols = [] }) => symbols);
  return symbols.flatMap(({ name, declarations }) => {
    const own = declarations.filter(({ kind }) => kind !== "moduleDoc" && kind !== "import");
    if (own.length === 0 || own.some(({ jsDoc }) => jsDoc?.doc)) return [];
    const { location } = own[0]!;
    const place = location?.filename.startsWith("file:")
      ? relative(ROOT, fileURLToPath(location.filename))
      : module;
    return [`${place}:${(location?.line ?? 0) + 1} ${name} has no documentation`];
  });
}

/** Where every exported function says shapes or units of what it takes and gives, and its errors. */
const DOCUMENTED_IN_FULL: readonly string[] = [
  "shared",
  "services",
  // Routes say in the API's description what they take and give; parts of the page in what they show.
  ":!services/gateway/routes",
  ":!services/gateway/dashboard",
];

/** Where functions do so that other folders use; those that add a command are all alike. */
const DOCUMENTED_WHERE_USED = ["scripts/cli", "scripts/lab"];

function sourcesIn(folders: readonly string[]): string[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--", ...folders], {
    cwd: ROOT,
    encoding: "utf8",
  }).split("\n").filter((file) => file.endsWith(".ts") && !isTest(file) && existsSync(join(ROOT, file)));
}

/** What the docstrings of functions lack. */
function tagFaults(): string[] {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const used = usedElsewhere(sourcesIn(["scripts", "infra"]), read);
  const isDue = (file: string, name: string) =>
    !file.startsWith("scripts/") || used.get(file)?.has(name) === true && !/^register[A-Z]/.test(name);
  return sourcesIn([...DOCUMENTED_IN_FULL, ...DOCUMENTED_WHERE_USED]).flatMap((file) =>
    documentedFunctions(file, read(file)).filter(({ name }) => isDue(file, name)).flatMap((described) =>
      lackingTags(described).map((lack) => `${file}:${described.line} ${described.name}() ${lack}`)
    )
  );
}

if (import.meta.main) {
  const faults = [
    ...knobTableFaults(ROOT, Deno.args.includes("--write")),
    ...worthFaults(ROOT, Deno.args.includes("--write")),
    ...serviceTableFaults(ROOT, Deno.args.includes("--write")),
    ...docLintFaults(ROOT),
    ...tagFaults(),
    ...resultFaults(ROOT, Deno.args.includes("--write")),
    ...streamTableFaults(ROOT, Deno.args.includes("--write")),
    ...new Set(publicModules().flatMap(undocumented)),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log(
    "docs: every public symbol says what it is, and the READMEs of the knobs, of estimates and of results hold",
  );
}
