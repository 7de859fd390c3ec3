// How much a request may carry.

import { json } from "../shared/part.ts";

export const MAX_BODY_BYTES = 20 * 1024 * 1024;
export const MAX_HEADER_BYTES = 32 * 1024;

/** A refusal for a request that says itself that it is too large; null when it may go on. */
export function refusedForSize(request: Request): Response | null {
  let bytes = request.url.length;
  for (const [name, value] of request.headers) bytes += name.length + value.length + 4;
  if (bytes > MAX_HEADER_BYTES) {
    return json(431, { message: "Request header fields too large" });
  }
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) {
    return json(413, { message: "Request body too large" });
  }
  return null;
}

/** Raised while a body of unknown length is read. */
export class BodyTooLarge extends Error {}

/** The body to send on; one that does not announce its length is counted as it passes. */
export function limitedBody(request: Request): ReadableStream<Uint8Array> | null {
  if (request.body === null || request.headers.has("content-length")) return request.body;
  let bytes = 0;
  return request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > MAX_BODY_BYTES) controller.error(new BodyTooLarge());
        else controller.enqueue(chunk);
      },
    }),
  );
}
