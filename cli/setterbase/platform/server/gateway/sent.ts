// The headers of a request, read once: every further walk over them costs as much as the rest of
// what the gateway does.

import { json } from "../shared/part.ts";

/** By name in lower case. */
export type Sent = Map<string, string>;

export const MAX_BODY_BYTES = 20 * 1024 * 1024;
export const MAX_HEADER_BYTES = 32 * 1024;

// They concern one connection, not the request. `accept-encoding` is the gateway's own affair:
// it compresses what it answers, once.
const NOT_PASSED_ON = new Set([
  "accept-encoding",
  "connection",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The headers to pass on, or a refusal for a request that says itself that it is too large. */
export function received(request: Request, url: URL): Sent | Response {
  const sent: Sent = new Map();
  let bytes = url.href.length;
  for (const [name, value] of request.headers) {
    bytes += name.length + value.length + 4;
    if (!NOT_PASSED_ON.has(name)) sent.set(name, value);
  }
  if (bytes > MAX_HEADER_BYTES) return json(431, { message: "Request header fields too large" });
  if (Number(sent.get("content-length") ?? 0) > MAX_BODY_BYTES) {
    return json(413, { message: "Request body too large" });
  }
  return sent;
}

/** A body to send on, and whether it turned out to be too large while it passed. */
export interface Passing {
  stream: ReadableStream<Uint8Array> | null;
  tooLarge: boolean;
}

/** The body of a request; one that does not announce its length is counted as it passes. */
export function limitedBody(request: Request): Passing {
  const passing: Passing = { stream: null, tooLarge: false };
  if (request.method === "GET" || request.method === "HEAD") return passing;
  passing.stream = request.body;
  if (request.body === null || request.headers.has("content-length")) return passing;
  let bytes = 0;
  passing.stream = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        passing.tooLarge = bytes > MAX_BODY_BYTES;
        if (passing.tooLarge) controller.error(new Error("the body is too large"));
        else controller.enqueue(chunk);
      },
    }),
  );
  return passing;
}
