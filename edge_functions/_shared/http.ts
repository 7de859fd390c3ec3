// Answers, as every function gives them.

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers":
    "authorization, x-client-info, apikey, content-type, x-supabase-api-version",
  "Access-Control-Allow-Methods": "POST, OPTIONS",
};

export function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return Response.json(body, {
    status,
    headers: { ...CORS, "Cache-Control": "no-store", ...headers },
  });
}

/** `error` is for programs, `message` for people; neither carries what was secret in the request. */
export function problem(
  status: number,
  error: string,
  message: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  return json(status, { error, message, ...more }, headers);
}

export function preflight() {
  return new Response(null, {
    status: 204,
    headers: { ...CORS, "Access-Control-Max-Age": "86400" },
  });
}

/** The body as text, or null once it is longer than `limit` bytes; no more than that is read. */
export async function boundedText(request: Request, limit: number): Promise<string | null> {
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > limit) return null;
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}
