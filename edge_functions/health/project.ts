// The project's own REST API, asked with the secret key.

/** Throws with what was answered instead; never with what was sent. */
export async function askHealth(url: string, key: string, signal: AbortSignal): Promise<unknown> {
  // A legacy key is a token, which PostgREST looks for in its place; an opaque one is none.
  const token: Record<string, string> = key.startsWith("sb_")
    ? {}
    : { Authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/rest/v1/rpc/health`, {
    method: "POST",
    headers: { apikey: key, "Content-Type": "application/json", ...token },
    body: "{}",
    signal,
  });
  if (answer.ok) return await answer.json();
  const { code } = await answer.json().then(Object, () => ({})) as { code?: unknown };
  throw new Error(`the REST API answers ${answer.status}${code ? ` (${code})` : ""}`);
}
