/**
 * Signatures of webhook deliveries (Standard Webhooks), for receivers: proof of the sender, of integrity
 * and of freshness.
 * @module
 */
import { type CloudEvent, cloudEventSchema } from "@cugro/protocol";

/** Seconds that the sender's clock may be off, or its request under way. */
const TOLERANCE_SECONDS = 300;

/** A request that came to a webhook's URL. `body`: as it came, to the byte. */
export interface WebhookRequest {
  /** `whsec_...`, as returned when the webhook was created. */
  secret: string;
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** ms since 1970. @default the clock's */
  now?: number;
}

/** The request is not from this webhook, was changed, or is old: answer 401 and do nothing. */
export class BadSignature extends Error {
  override name = "BadSignature";
}

/**
 * The event that a webhook has sent.
 *
 * @param request secret, headers, body, and the time in ms
 * @returns the event
 * @throws {BadSignature} naming what is wrong
 */
export async function verifyWebhook(
  { secret, headers, body, now = Date.now() }: WebhookRequest,
): Promise<CloudEvent> {
  const [id, sent, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof value === "string") return value;
    throw new BadSignature(`The header ${name} is missing`);
  }) as [string, string, string];
  if (!/^\d+$/.test(sent) || Math.abs(now / 1000 - Number(sent)) > TOLERANCE_SECONDS) {
    throw new BadSignature(
      `webhook-timestamp must be within ${TOLERANCE_SECONDS} s of now: current value is ${sent.slice(0, 40)}`,
    );
  }
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", decode(secret.replace(/^whsec_/, "")), hmac, false, [
    "verify",
  ]);
  const signed = new TextEncoder().encode(`${id}.${sent}.${body}`);
  // While a secret is replaced there may be two.
  for (const one of signatures.split(" ").filter((text) => text.startsWith("v1,"))) {
    if (await crypto.subtle.verify("HMAC", key, decode(one.slice(3)), signed)) {
      return cloudEventSchema.parse(JSON.parse(body));
    }
  }
  throw new BadSignature("webhook-signature is not that of this webhook's secret");
}

/** Base64; invalid text gives no bytes, and so no signature. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
