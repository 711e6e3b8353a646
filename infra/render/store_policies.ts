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
  Condition?: { StringLike: { "s3:prefix": string[] } } | { Null: { "s3:if-none-match": "false" } };
}

/**
 * A policy document as S3 understands it.
 *
 * @param place `bucket` or `bucket/prefix`, as in `s3://bucket/prefix`: a store of its own in a bucket.
 */
export function storePolicy(rights: StoreRights, dialect: Dialect = "minio", place = BUCKET) {
  const [bucket, ...folders] = place.split("/");
  const base = folders.map((folder) => `${folder}/`).join("");
  const objects = (patterns: readonly string[]) =>
    patterns.map((key) => `arn:aws:s3:::${bucket}/${base}${key}`);
  const listing: Statement = {
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [`arn:aws:s3:::${bucket}`],
    ...(dialect === "aws"
      ? {}
      : { Condition: { StringLike: { "s3:prefix": rights.list.map((prefix) => `${base}${prefix}*`) } } }),
  };
  const statements: Statement[] = [
    listing,
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: objects(rights.read) },
    ...writing(rights, dialect, objects),
    { Effect: "Allow", Action: ["s3:DeleteObject"], Resource: objects(rights.delete) },
  ];
  return { Version: "2012-10-17", Statement: statements.filter(({ Resource }) => Resource.length > 0) };
}

/** Only AWS knows a condition by which what is there cannot be overwritten; the parts of large objects do not meet it. */
function writing(
  { write, once = [] }: StoreRights,
  dialect: Dialect,
  objects: (patterns: readonly string[]) => string[],
): Statement[] {
  const conditional = dialect === "aws" ? once : [];
  const plain = write.filter((pattern) => !conditional.includes(pattern));
  return [
    {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      Resource: objects(plain),
    },
    {
      Effect: "Allow",
      Action: ["s3:PutObject"],
      Resource: objects(conditional),
      Condition: { Null: { "s3:if-none-match": "false" } },
    },
  ];
}
