/**
 * Signatures in the style of Standard Webhooks: HMAC-SHA256 over `<id>.<timestamp>.<body>`, so that a receiver knows who
 * sent it, that nobody changed it, and that it is not an old one sent again.
 * @module
 */
import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";

/**
 * A new secret: `whsec_` and 32 random bytes as base64.
 *
 * @returns text
 */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

/**
 * Headers that sign a body.
 *
 * @param now ms since 1970
 * @returns as the standard of webhooks has them
 */
export function signatureHeaders(
  { secret, id, body, now }: { secret: string; id: string; body: string; now: number },
): { "webhook-id": string; "webhook-timestamp": string; "webhook-signature": string } {
  const timestamp = String(Math.floor(now / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
