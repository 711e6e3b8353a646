/**
 * What S3 and the network say, in sentences a person can act on.
 * @module
 */
import { PreconditionFailed, StoreError, StoreFull } from "../store.ts";

/** What faults of S3 look like. Answers to HEAD have no body, hence no code: then only the status tells. */
interface S3Fault {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
  cause?: unknown;
  errors?: unknown[];
}

const KEYS = "CUGRO_S3_ACCESS_KEY and CUGRO_S3_SECRET_KEY";

/** What to do about it, by S3's code. */
const advice: Record<string, string> = {
  InvalidAccessKeyId: "it does not know this access key: check CUGRO_S3_ACCESS_KEY",
  // Versity says it so.
  XAdminUserNotFound: "it does not know this access key: check CUGRO_S3_ACCESS_KEY",
  SignatureDoesNotMatch: "the secret key does not fit the access key: check CUGRO_S3_SECRET_KEY",
  InvalidToken: `the credentials are not valid there: check ${KEYS}`,
  ExpiredToken: "the credentials have expired: get new ones",
  CredentialsProviderError: `there are no credentials: set ${KEYS}, or whatever the AWS default chain reads`,
  AccessDenied:
    "the access key is valid but may not do this: give its user permission for this bucket and prefix",
  NoSuchBucket: "there is no such bucket: make it, or correct CUGRO_STORE",
  InvalidBucketName: "a bucket cannot have this name: correct CUGRO_STORE",
  PermanentRedirect: "the bucket is in another region: check CUGRO_S3_REGION and CUGRO_S3_ENDPOINT",
  AuthorizationHeaderMalformed: "the bucket is in another region: check CUGRO_S3_REGION",
  RequestTimeTooSkewed:
    "the clocks of this machine and of the store differ by more than 15 minutes: set them",
  NotImplemented: "it does not know how to do this: another S3 server, or a newer one, is needed",
};
/** MinIO says it in one of these ways, or as an internal error with the system's words. */
const full = ["XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"];
const unreachable: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be resolved now",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  ERR_STREAM_PREMATURE_CLOSE: "the connection broke",
  ETIMEDOUT: "it does not answer",
  TimeoutError: "it does not answer",
};

/**
 * S3's code of an error, or the system's.
 *
 * @param error of the client, or of the system below it
 * @returns empty if there is none
 */
export function codeOf(error: unknown): string {
  const { name, code, cause, errors } = (error ?? {}) as S3Fault;
  if (code !== undefined && typeof code === "string") return code;
  if (errors?.length) return codeOf(errors[0]);
  if ((name === "Error" || name === undefined || name === "TypeError") && cause) return codeOf(cause);
  return name ?? "";
}

/**
 * HTTP status of S3's answer; undefined if there was none.
 *
 * @param error of the client
 * @returns a number such as 404
 */
export function statusOf(error: unknown): number | undefined {
  return (error as S3Fault)?.$metadata?.httpStatusCode;
}

/**
 * Whether S3 says that there is no such object (and not: no such bucket).
 *
 * @param error of the client
 * @returns true for objects, false for buckets
 */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && ["NoSuchKey", "NotFound"].includes(codeOf(error));
}

/**
 * The error to throw instead.
 *
 * @param error of the client
 * @param place the store in words
 * @param doing as in "writing jobs/x (12 bytes)"
 * @returns an error that says what to do; errors of stores and programs as they are
 */
export function explainS3Fault(error: unknown, place: string, doing: string): unknown {
  if (
    error instanceof StoreError || error instanceof PreconditionFailed || error instanceof TypeError ||
    error instanceof RangeError
  ) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const options = { cause: error };
  if (full.includes(code) || status === 507 || /no space left/i.test((error as S3Fault).message ?? "")) {
    return new StoreFull(
      `The store ${place} is full (${code} when ${doing}). Free some space there (cugro gc removes what is no longer ` +
        `needed), or give it more`,
      options,
    );
  }
  const known = advice[code] ??
    (status === 403 ? `it refuses: check ${KEYS} and their permissions` : undefined);
  if (known) return new StoreError(`The store ${place} failed when ${doing}: ${known} (${code})`, options);
  if (status === undefined && unreachable[code]) {
    return new StoreError(
      `Cannot reach the store ${place} when ${doing}: ${
        unreachable[code]
      } (${code}). Check CUGRO_S3_ENDPOINT, and ` +
        `that the server runs`,
      options,
    );
  }
  const busy = status === 503 || code === "SlowDown" ? "it is overloaded or starting" : undefined;
  const reason = busy ?? ((error as S3Fault)?.message || "it gave no reason");
  return new StoreError(`The store ${place} failed when ${doing}: ${reason} (${code || status})`, options);
}
