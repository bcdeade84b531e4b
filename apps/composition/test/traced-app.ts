import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

/** One span, as the admin server tells it. */
export interface Span {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An app of the fixtures, in a process of its own. */
export interface TracedApp {
  readonly url: string;
  /** The address of its admin server. */
  readonly admin: string;
  /** What it has written so far. */
  readonly output: () => string;
  readonly end: () => Promise<void>;
}

/** Starts a fixture as `twinloop dev` starts an app, so that recent traces are kept. */
export async function startTraced(fixture: string, environment: NodeJS.ProcessEnv): Promise<TracedApp> {
  const path = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  const development = { NODE_ENV: "development", TWINLOOP_DEV: "1", LOG_FORMAT: "json" };
  const env = { ...process.env, ...development, PORT: "0", ADMIN_PORT: "0", ...environment };
  const child = spawn(process.execPath, [path], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const ended = once(child, "close");
  const listens = vi.waitFor(() => /listening (\S+) (\S+)/.exec(output)!.slice(1), { timeout: 60_000 });
  const early = ended.then(() => Promise.reject(new Error(output)));
  const [url, admin] = (await Promise.race([listens, early])) as [string, string];
  early.catch(() => undefined);
  const end = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url, admin, output: () => output, end };
}
