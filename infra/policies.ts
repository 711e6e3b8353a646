/**
 * Policies for a store of one's own, and for those who drop files: what differs from one deployment to the next, and so
 * is not committed.
 *
 * `deno task infra:policies --place bucket/team-a --out FOLDER`: one policy a service, for `s3://bucket/team-a`.
 * `deno task infra:policies --dropper team-a- --out FOLDER`: one for droppers of learners whose names begin so.
 * With `--dialect aws` for AWS.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BUCKET, type StoreRights, storeRights } from "./permissions.ts";
import { type Dialect, storePolicy } from "./render/store_policies.ts";
import { dropperRights } from "./store_rights.ts";

/** Policies by file name. `names`: what the learners' names begin with; then it is one for droppers. */
export function policiesFor(
  { place = BUCKET, names, dialect = "minio" }: { place?: string; names?: string; dialect?: Dialect },
): Record<string, string> {
  const rights: Readonly<Record<string, StoreRights>> = names === undefined
    ? storeRights()
    : { dropper: dropperRights(names) };
  return Object.fromEntries(
    Object.entries(rights).map(([name, own]) => [
      `${name}.json`,
      `${JSON.stringify(storePolicy(own, dialect, place), null, 2)}\n`,
    ]),
  );
}

/** The options as typed; for wrong ones a sentence and an exit status. */
function typedOptions() {
  try {
    return parseArgs({
      options: {
        place: { type: "string", default: BUCKET },
        dropper: { type: "string" },
        dialect: { type: "string", default: "minio" },
        out: { type: "string" },
      },
    });
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

if (import.meta.main) {
  const { values } = typedOptions();
  const { place, dropper, dialect, out } = values;
  if (out === undefined || (dialect !== "minio" && dialect !== "aws")) {
    console.error("Say where the policies go (--out FOLDER), and for which servers (--dialect minio or aws)");
    process.exit(2);
  }
  const policies = policiesFor({ place, dialect, ...(dropper === undefined ? {} : { names: dropper }) });
  mkdirSync(out, { recursive: true });
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(out, name), text);
  console.log(`Written to ${out}: ${Object.keys(policies).join(", ")}`);
}
