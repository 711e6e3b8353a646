/**
 * The examination of a folder: whether its disk keeps what the contract of a store promises.
 * @module
 */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { contractChecks } from "../s3/examine/contract_checks.ts";
import { type Finding, tryOut } from "../s3/examine/finding.ts";
import { StoreError } from "../store.ts";
import { openFilesystemStore } from "./filesystem_store.ts";
import { SERVICE_FOLDER } from "./folder_lock.ts";
import { explainStoreFault } from "./store_faults.ts";

/**
 * Tries out a folder's disk, in a folder of its own below it.
 *
 * @param root an existing folder
 * @param onFinding called with each finding as it comes
 * @returns all findings, in the order of the checks
 * @throws {StoreError} if it is not there
 */
export async function examineFolder(
  root: string,
  onFinding: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  if (!(await stat(root).catch(() => undefined))?.isDirectory()) {
    throw new StoreError(`The folder ${root} is not there: a store is made by the first command that learns`);
  }
  const place = join(root, SERVICE_FOLDER);
  let own: string | undefined;
  try {
    await mkdir(place, { recursive: true });
    own = await mkdtemp(join(place, "doctor-"));
    const store = await openFilesystemStore({ root: own });
    const findings: Finding[] = [];
    for (const check of contractChecks(store)) {
      findings.push(await tryOut(check));
      onFinding(findings.at(-1)!);
    }
    await store.close();
    return findings;
  } catch (error) {
    throw explainStoreFault(error, root, "trying it out");
  } finally {
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }
}
