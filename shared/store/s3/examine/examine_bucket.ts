/**
 * The examination of anybody's bucket: may it be a store? Everything is written under a name that no key can have, beside
 * whatever is in the bucket, and removed at the end.
 * @module
 */
import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { connect, type Connection, type S3Options, SERVICE_PREFIX } from "../connection.ts";
import { storeOn } from "../s3_store.ts";
import { bucketChecks, wayIn, WRITE } from "./bucket_checks.ts";
import { contractChecks } from "./contract_checks.ts";
import { type Check, type Finding, tryOut } from "./finding.ts";

/**
 * Tries out a bucket.
 *
 * @param onFinding called with each finding as it comes
 * @returns all findings, in order; nothing is thrown for a bucket that is unfit
 */
export async function examineBucket(
  options: S3Options,
  onFinding: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  const connection = connect(options);
  const base = `${connection.prefix}${SERVICE_PREFIX}probe-doctor-${randomUUID()}/`;
  const findings: Finding[] = [];
  const report = (finding: Finding) => {
    findings.push(finding);
    onFinding(finding);
  };
  try {
    const begins = wayIn(connection, base);
    const own = storeOn({ ...connection, prefix: base, nameOf: (key) => base + key });
    await tryInOrder(begins, report);
    const isOpen = findings.every(({ state }) => state === "ok");
    for (const check of [...bucketChecks(connection, options), ...contractChecks(own)]) {
      report(isOpen ? await tryOut(check) : untried(check, "it needs what failed above"));
    }
    const isWritten = findings.some(({ check, state }) => check === WRITE && state === "ok");
    if (isWritten) report(await tryOut(cleaned(connection, base)));
    return findings;
  } finally {
    connection.close();
  }
}

/** What comes after a fault is not tried: it would fail for the same reason. */
async function tryInOrder(checks: readonly Check[], report: (finding: Finding) => void): Promise<void> {
  let fault = false;
  for (const check of checks) {
    const finding: Finding = fault ? untried(check, "it needs what failed above") : await tryOut(check);
    fault ||= finding.state === "fault";
    report(finding);
  }
}

function untried({ name }: Check, detail: string): Finding {
  return { check: name, state: "untried", detail };
}

function cleaned({ request, bucket }: Connection, base: string): Check {
  return {
    name: "cleaned up",
    meaning: "what was written to try the bucket out is still there; no harm, it is no key of CuGRO's",
    advice: `remove everything under ${base} in the bucket ${bucket}`,
    run: async () => {
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: base });
      const { Contents = [] } = await request((client) => client.send(list));
      for (const { Key } of Contents) {
        await request((client) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })));
      }
      return Contents.length === 0 ? "nothing was left" : `${Contents.length} objects removed`;
    },
  };
}
