import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Place } from "./place.ts";

const PRINTED_STEP = /^ {2}(curl .+)\n {2}→ (.+)$/gm;
/** The last command, which watches and prints nothing that is always the same. */
const PRINTED_WATCH = /^ {2}(curl .+\/live)$/m;

/** Below the ports that the operating system gives to outgoing connections. */
const PORTS = { first: 20_000, count: 12_000 };

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The demo ended before it ran. */
export class EndedEarly extends Error {
  readonly output: string;
  readonly code: number | null;

  constructor(output: string, { code }: End) {
    super(`the demo ended before it ran:\n${output}`);
    this.output = output;
    this.code = code;
  }
}

/** The built demo as a process of its own. */
export class Demo {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<End>;
  readonly #output: () => string;

  private constructor(child: ChildProcess, ended: Promise<End>, url: string, output: () => string) {
    this.#child = child;
    this.#ended = ended;
    this.url = url;
    this.#output = output;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output();
  }

  /** Starts it on a free port, and waits until it has printed its tour. */
  static async start({ folder, env }: Place): Promise<Demo> {
    const port = await freePort();
    const child = spawn(process.execPath, ["dist/app.js"], {
      cwd: folder,
      env: {
        ...process.env,
        DATABASE_URL: "",
        DATABASE_URL_LINKS: "",
        PUBSUB_URL: "",
        LINK_KEY: "",
        ADMIN_PASSWORD: "",
        ROLL_UP_SCHEDULE: "",
        HOST: "127.0.0.1",
        PORT: String(port),
        NODE_ENV: "development",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close").then(([code, signal]): End => ({ code, signal }));
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const printed = new Promise<boolean>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (PRINTED_WATCH.test(output)) resolve(true);
      });
      void ended.then(() => resolve(false));
    });
    if (!(await printed)) throw new EndedEarly(output, await ended);
    return new Demo(child, ended, `http://127.0.0.1:${port}`, () => output);
  }

  /** The commands it has printed, each with the answer it has printed. */
  get steps(): readonly { command: string; prints: string }[] {
    return stepsIn(this.output);
  }

  /** The command it has printed that watches clicks being counted. */
  get watch(): string {
    return PRINTED_WATCH.exec(this.output)![1]!;
  }

  /** Sends a signal and waits for the end. */
  async signal(name: NodeJS.Signals): Promise<End & { readonly afterMs: number }> {
    const sentAt = performance.now();
    this.#child.kill(name);
    const end = await this.#ended;
    return { ...end, afterMs: performance.now() - sentAt };
  }

  /** Ends it, however it is. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

function stepsIn(output: string): { command: string; prints: string }[] {
  return [...output.matchAll(PRINTED_STEP)].map(([, command, prints]) => ({
    command: command!,
    prints: prints!,
  }));
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
