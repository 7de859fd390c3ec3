// One edge function: its process, its socket, and the state of its source.

import { log } from "../shared/part.ts";

export interface FunctionSource {
  entrypoint: string;
  /** deno.json or an import map of its own. */
  config: string | null;
  /** The folder that it may read: its own source and what it shares with others. */
  root: string;
}

interface Running {
  process: Deno.ChildProcess;
  client: Deno.HttpClient;
  since: number;
  ended: boolean;
}

const LIFELINE = new URL("./lifeline.ts", import.meta.url).pathname;
const BOOT_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/** Calls go through `call`; the process comes and goes behind it. */
export class Runner {
  #running: Promise<Running> | null = null;
  #lastCall = 0;
  #lastLook = 0;
  #underWay = 0;

  constructor(
    private readonly name: string,
    private readonly source: FunctionSource,
    private readonly socketStem: string,
    private readonly environment: Record<string, string>,
  ) {}

  async call(request: Request): Promise<Response> {
    this.#lastCall = Date.now();
    this.#underWay++;
    try {
      const running = await this.#ready();
      const url = new URL(request.url);
      return await fetch(`http://${this.name}${url.pathname}${url.search}`, {
        method: request.method,
        headers: request.headers,
        body: request.body,
        redirect: "manual",
        client: running.client,
      });
    } finally {
      this.#underWay--;
    }
  }

  endIfIdle(after: number): void {
    if (this.#running && !this.#underWay && Date.now() - this.#lastCall > after) this.#end();
  }

  async #ready(): Promise<Running> {
    if (this.#running) {
      const running = await this.#running.catch(() => null);
      if (!running || running.ended || (await this.#changedSince(running.since))) this.#end();
    }
    this.#running ??= this.#start();
    return await this.#running;
  }

  async #start(): Promise<Running> {
    const since = Date.now();
    const socket = `${this.socketStem}-${since}.sock`;
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--quiet",
        ...(this.source.config ? ["--config", this.source.config] : []),
        "--allow-net",
        "--allow-env",
        "--allow-sys",
        `--preload=${LIFELINE}`,
        `--allow-read=${this.source.root},${socket}`,
        `--allow-write=${socket}`,
        this.source.entrypoint,
      ],
      env: { ...this.environment, DENO_SERVE_ADDRESS: `unix:${socket}` },
      clearEnv: true,
      cwd: this.source.root,
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const running: Running = { process, client, since, ended: false };
    process.status.then((status) => {
      running.ended = true;
      client.close();
      Deno.remove(socket).catch(() => {}); // it may never have been made
      if (!status.success && status.signal !== "SIGTERM") {
        log(`${this.name}: ended with code ${status.code}`);
      }
    });
    while (!(await listens(socket))) {
      if (running.ended) throw new Error("it ended before it listened");
      if (Date.now() - since > BOOT_MS) {
        process.kill("SIGKILL");
        throw new Error(`it does not listen after ${BOOT_MS / 1000} seconds`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    log(`${this.name}: started in ${Date.now() - since} ms`);
    return running;
  }

  #end(): void {
    const ending = this.#running;
    this.#running = null;
    ending?.then((running) => {
      if (!running.ended) running.process.kill("SIGTERM");
    }, () => {}); // it never ran
  }

  async #changedSince(since: number): Promise<boolean> {
    if (Date.now() - this.#lastLook < LOOK_AGAIN_MS) return false;
    this.#lastLook = Date.now();
    return await newer(this.source.root, since);
  }
}

async function listens(socket: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path: socket })).close();
    return true;
  } catch {
    return false; // not yet; the caller knows when to give up
  }
}

/** Whether a file in `folder` was written after `since`. */
async function newer(folder: string, since: number): Promise<boolean> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      if (entry.name !== "node_modules" && await newer(path, since)) return true;
    } else if (entry.isFile && ((await Deno.stat(path)).mtime?.getTime() ?? 0) > since) {
      return true;
    }
  }
  return false;
}
