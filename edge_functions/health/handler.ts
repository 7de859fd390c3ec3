// GET: whether the backend is ok, degraded or failing, for load balancers and uptime monitors. 200,
// or 503 when it is failing. Anybody may ask, so a stranger learns the words and nothing else: no
// version, no count, no time of a job.

import { json, problem } from "../_shared/http.ts";

export interface Dependencies {
  /** What public.health() answers. Throws when the database, or what stands before it, does not. */
  ask(signal: AbortSignal): Promise<unknown>;
  /** Milliseconds, of any clock that never goes back. */
  now(): number;
  /** One line for the operator. Never a key. */
  log(line: string): void;
}

type Word = "ok" | "degraded" | "failing";

interface Verdict {
  status: Word;
  checked_at: string;
  checks: Record<string, Word>;
}

const WORDS: readonly unknown[] = ["ok", "degraded", "failing"];
const METHODS = "GET, HEAD, OPTIONS";
const HEADERS = { "Access-Control-Allow-Methods": METHODS };
const PATIENCE_MS = 5_000;
/** However many ask, the database is asked once in this time. */
const KEPT_MS = 2_000;

/** The handler; what it learns is kept for a moment. */
export function health(its: Dependencies): (request: Request) => Promise<Response> {
  let kept: { at: number; verdict: Promise<Verdict> } | undefined;
  return async (request) => {
    if (request.method === "OPTIONS") {
      return new Response(null, {
        status: 204,
        headers: { "Access-Control-Allow-Origin": "*", ...HEADERS },
      });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return problem(405, "method_not_allowed", "Use GET.", {}, { ...HEADERS, Allow: METHODS });
    }
    if (!kept || its.now() - kept.at > KEPT_MS) kept = { at: its.now(), verdict: look(its) };
    const verdict = await kept.verdict;
    const answer = json(verdict.status === "failing" ? 503 : 200, verdict, HEADERS);
    return request.method === "HEAD" ? new Response(null, answer) : answer;
  };
}

async function look(its: Dependencies): Promise<Verdict> {
  try {
    return read(await its.ask(AbortSignal.timeout(PATIENCE_MS)));
  } catch (error) {
    its.log(`health: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
    return {
      status: "failing",
      checked_at: new Date().toISOString(),
      checks: { database: "failing" },
    };
  }
}

/** The words of an answer; an answer that is not one is as bad as none. */
function read(answer: unknown): Verdict {
  const told = Object(answer) as Record<string, unknown>;
  if (!isWord(told.status) || typeof told.checked_at !== "string") {
    throw new Error("public.health() answers something else: are the migrations applied?");
  }
  const checks: Record<string, Word> = { database: "ok" };
  for (const [name, part] of Object.entries(told)) {
    const word = Object(part).status as unknown;
    if (isWord(word)) checks[name] = word;
  }
  return { status: told.status, checked_at: told.checked_at, checks };
}

function isWord(value: unknown): value is Word {
  return WORDS.includes(value);
}
