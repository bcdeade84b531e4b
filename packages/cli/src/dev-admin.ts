/**
 * The admin server of the app that `dev` runs: its port, the dashboard's half in the app, and what is told of them.
 *
 * The port is chosen once, so that a page that is open finds the app again after each restart. Whether the app is ready, and where
 * it serves its API, is asked of the admin server itself.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { freeAdminPort, isFree } from "./admin-port.ts";
import { removeDevFile, writeDevFile } from "./dev-file.ts";

/** How often a starting app is asked whether it is ready. */
const LOOK_MS = 150;

const MAX_PORT = 65_535;

/** The answer of the admin server's `/api/app`, as far as `dev` reads it. */
interface RunningApp {
  readonly pid: number;
  readonly url: string | null;
}

/** What `dev` was asked for, and the variables that the app will have. */
export interface DevAdminOptions {
  readonly root: string;
  /** The port of `--admin-port`; `undefined` for the first free one. */
  readonly port: number | undefined;
  /** Whether the dashboard is loaded; false with `--no-dashboard`. */
  readonly dashboard: boolean;
  /** The value of a variable that the app will have, from the environment or from its `.env` files. */
  readonly valueOf: (name: string) => string | undefined;
}

/** The admin server of the app that runs under `dev`. */
export class DevAdmin {
  /** The modules that the app loads before its own. */
  readonly imports: readonly string[];
  readonly #options: DevAdminOptions;
  /** The port that the app is given; `undefined` where its own variable names one. */
  #port: number | undefined;
  /** What was told last, so that a restart tells nothing anew. */
  #told = "";
  #isClosed = false;

  private constructor(options: DevAdminOptions, port: number | undefined) {
    const { root, dashboard } = options;
    const page = dashboard ? resolveDashboard(root) : undefined;
    this.#options = options;
    this.#port = port;
    this.imports = page === undefined ? [] : [page];
  }

  /**
   * Chooses the port: that of the command line, else that of `ADMIN_PORT`, else the first free one from 4040 on.
   *
   * Errors: a text to print, for a port of the command line that is none or is taken.
   */
  static async choose(options: DevAdminOptions): Promise<DevAdmin | string> {
    const { port, valueOf } = options;
    if (port !== undefined && port > MAX_PORT)
      return `--admin-port is ${port}; a port is at most ${MAX_PORT}.`;
    if (port !== undefined && !(await isFree(port))) {
      return `--admin-port ${port} is in use by another program: choose another, or leave the option out.`;
    }
    if (port !== undefined || valueOf("ADMIN_PORT")) return new DevAdmin(options, port);
    return new DevAdmin(options, await freePort(options));
  }

  /** The variables that the app gets beside its own. */
  get environment(): Readonly<Record<string, string>> {
    return {
      ...(this.#port === undefined ? {} : { ADMIN_PORT: String(this.#port) }),
      ...(this.#options.dashboard ? {} : { TWINLOOP_DASHBOARD: "off" }),
    };
  }

  /**
   * Waits until the app of this process is ready, prints where it is looked at, and writes `.twinloop/dev.json`. Where the app ends
   * before, because another program has taken its port meanwhile, chooses another and calls `again`.
   */
  async follow(pid: number, ended: AbortSignal, again: () => void): Promise<void> {
    const url = this.#url;
    if (url === undefined) return;
    while (!ended.aborted) {
      const app = await this.#ask(url, pid, ended);
      if (app !== undefined) return this.#tell(url, app);
      await sleep(LOOK_MS, undefined, { signal: ended }).catch(() => undefined);
    }
    if (await this.#hasMoved()) again();
  }

  /** Chooses another port where another program has the one that was free. Two apps that start at once find the same port free. */
  async #hasMoved(): Promise<boolean> {
    const port = this.#port;
    if (
      this.#isClosed ||
      port === undefined ||
      this.#options.port !== undefined ||
      this.#told !== "" ||
      (await isFree(port))
    ) {
      return false;
    }
    this.#port = await freePort(this.#options);
    if (this.#port === undefined) return false;
    process.stdout.write(`port ${port} is in use by now: the admin server goes to ${this.#port}\n`);
    return true;
  }

  /** The server's address; `undefined` where the app chooses it by itself. */
  get #url(): string | undefined {
    const { valueOf } = this.#options;
    const port = this.#port === undefined ? valueOf("ADMIN_PORT") : String(this.#port);
    return urlOf(valueOf("ADMIN_HOST"), port);
  }

  /** Removes what `follow` has written; called before the app is stopped, whose end is then no reason for another port. */
  close(): void {
    this.#isClosed = true;
    removeDevFile(this.#options.root);
  }

  /** The running app, once it is the one of this process and ready. */
  async #ask(url: string, pid: number, ended: AbortSignal): Promise<RunningApp | undefined> {
    const token = this.#options.valueOf("ADMIN_TOKEN");
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    try {
      const ready = await fetch(`${url}/readyz`, { signal: ended });
      await ready.body?.cancel();
      if (!ready.ok) return undefined;
      // Only now: the address of the app is known when it is ready.
      const answer = await fetch(`${url}/api/app`, { headers, signal: ended });
      const app = answer.ok ? ((await answer.json()) as RunningApp) : undefined;
      return app?.pid === pid ? app : undefined;
    } catch {
      // Not there yet.
      return undefined;
    }
  }

  #tell(adminUrl: string, { url: appUrl }: RunningApp): void {
    writeDevFile(this.#options.root, { pid: process.pid, adminUrl, appUrl });
    const what = this.imports.length > 0 ? "dashboard" : "admin";
    const rows = [...(appUrl === null ? [] : [["app", appUrl]]), [what, adminUrl]];
    const text = rows.map(([name, where]) => `${name!.padEnd(9)}  ${where}\n`).join("");
    if (text !== this.#told) process.stdout.write(text);
    this.#told = text;
  }
}

/** A free port, without the app's own. */
function freePort({ valueOf }: DevAdminOptions): Promise<number | undefined> {
  return freeAdminPort([Number(valueOf("PORT") ?? 4000)]);
}

/** The module of the app's own copy of the dashboard, as a URL; `undefined` where it is not installed. */
function resolveDashboard(root: string): string | undefined {
  try {
    const path = createRequire(join(root, "package.json")).resolve("@twinloop/dashboard");
    return pathToFileURL(path).href;
  } catch {
    return undefined;
  }
}

/** The address of a server that listens there; `undefined` for a port that the system chooses, and for one that is none. */
function urlOf(host: string | undefined, port: string | undefined): string | undefined {
  if (port === undefined || !/^[1-9]\d{0,4}$/.test(port)) return undefined;
  const isAny = !host || host === "0.0.0.0" || host === "::";
  const name = isAny ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
