/**
 * Exit status 0 if this container's service says it is alive. For HEALTHCHECK, in an image without curl.
 * @module
 */
const port = Deno.env.get("CUGRO_HTTP_PORT");
const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) })
  .catch((error: Error) => error);
if (!(answer instanceof Response && answer.ok)) {
  console.error(answer instanceof Response ? `status ${answer.status}` : answer.message);
  Deno.exit(1);
}
