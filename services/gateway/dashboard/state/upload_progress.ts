/**
 * Sending files with progress. Browsers tell how much of a body is sent only by `XMLHttpRequest`; the client is given this
 * in place of `fetch`.
 * @module
 */

/** Called with the bytes that are sent so far. */
type OnSent = (bytes: number) => void;

const watched = new WeakMap<Blob, { onSent: OnSent; signal: AbortSignal }>();

/** Reports how much of a file has been sent from now on, and stops sending when the signal aborts. */
export function watchUpload(file: Blob, onSent: OnSent, signal: AbortSignal): void {
  watched.set(file, { onSent, signal });
}

/** As `fetch`; a watched file is sent in a way that reports its progress. */
export const fetchWithUploads: typeof fetch = (input, init = {}) => {
  const { body } = init;
  const watching = body instanceof Blob ? watched.get(body) : undefined;
  if (!watching) return fetch(input, init);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(init.method ?? "POST", String(input));
    for (const [name, value] of new Headers(init.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => watching.onSent(loaded);
    request.onload = () => resolve(responseOf(request));
    request.onerror = () => reject(new TypeError("the connection was lost"));
    request.onabort = () => reject(new DOMException("The upload was stopped", "AbortError"));
    watching.signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body as Blob);
  });
};

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split("\r\n")) {
    const at = line.indexOf(":");
    if (at > 0) headers.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  const { status, statusText } = request;
  return new Response(status === 204 ? null : request.responseText, { status, statusText, headers });
}
