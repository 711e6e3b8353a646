/**
 * S3 policies from the table of rights.
 * @module
 */
import { BUCKET, type StoreRights } from "../permissions.ts";

/** Whose dialect: on AWS an object that is not there reads as "forbidden" to a user who may not list the whole bucket. */
export type Dialect = "minio" | "aws";

interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: { StringLike: { "s3:prefix": string[] } };
}

/** A policy document as S3 understands it. */
export function storePolicy(rights: StoreRights, dialect: Dialect = "minio", bucket = BUCKET) {
  const objects = (patterns: readonly string[]) => patterns.map((key) => `arn:aws:s3:::${bucket}/${key}`);
  const listing: Statement = {
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [`arn:aws:s3:::${bucket}`],
    ...(dialect === "aws"
      ? {}
      : { Condition: { StringLike: { "s3:prefix": rights.list.map((prefix) => `${prefix}*`) } } }),
  };
  const statements: Statement[] = [
    listing,
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: objects(rights.read) },
    {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      Resource: objects(rights.write),
    },
    { Effect: "Allow", Action: ["s3:DeleteObject"], Resource: objects(rights.delete) },
  ];
  return { Version: "2012-10-17", Statement: statements.filter(({ Resource }) => Resource.length > 0) };
}
