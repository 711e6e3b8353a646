/**
 * What `cugro serve` refuses with.
 * @module
 */

/** A fault as problem details (RFC 9457). */
export function problem(status: number, title: string, detail: string, retryAfterSeconds?: number): Response {
  return Response.json({ type: "about:blank", title, status, detail }, {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    },
  });
}
