/**
 * Licences as packages declare them, in CycloneDX's words.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { INFRA } from "./check/documents.ts";

/** One licence by its id of SPDX or by its name, or an expression. */
export type LicenceChoice = { license: { id: string } | { name: string } } | { expression: string };

/** What a package.json says of its licence, in the forms of two decades. */
export interface Declared {
  license?: string | { type?: string };
  licenses?: { type?: string }[] | string;
}

let ids: Set<string> | undefined;
const spdxIds = () =>
  ids ??= new Set(
    JSON.parse(readFileSync(join(INFRA, "schemas", "cyclonedx.json"), "utf8")).definitions.spdx.enum,
  );

/** The licences that a package declares; none if it declares none. */
export function licencesOf({ license, licenses }: Declared): LicenceChoice[] {
  const named = [license ?? licenses ?? []].flat()
    .map((one) => typeof one === "string" ? one : one.type).filter((one) =>
      one !== undefined && one !== ""
    ) as string[];
  // Several in a list are a choice, and an expression stands alone.
  if (named.length > 1 && named.every((one) => spdxIds().has(one))) {
    return [{ expression: named.join(" OR ") }];
  }
  return named.map((one) => {
    if (spdxIds().has(one)) return { license: { id: one } };
    return / (?:OR|AND|WITH) /.test(one) ? { expression: one } : { license: { name: one } };
  });
}
