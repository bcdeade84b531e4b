import { createServer } from "node:net";

/** Variables that the tests or their runner have set, and that no example is to see. */
const FOREIGN =
  /^(?:NODE_ENV|NODE_OPTIONS|TEST|PROD|DEV|MODE|SSR|BASE_URL|VITEST.*|TWINLOOP_(?!ADDON$).*|DATABASE_URL.*|(?:PUBSUB|CRON|OBJECTS)_URL|(?:ADMIN_)?(?:HOST|PORT)|LOG_LEVEL|FORCE_COLOR)$/;

/** The environment of somebody who tries an example: this process's, without what belongs to the tests. */
export function plainEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)) as [string, string][];
  return { ...Object.fromEntries(kept), NO_COLOR: "1", HOST: "127.0.0.1", ...own };
}

/** Below the ports that the operating system gives to outgoing connections. */
const PORTS = { first: 20_000, count: 12_000 };
const taken = new Set<number>();

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (taken.has(port)) continue;
    taken.add(port);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Free ports in the place of those that a page names, such as 4000. */
export class Ports {
  readonly #ports = new Map<string, number>();

  /** Finds a free port for each that a text names, and for 4000. */
  static async for(text: string): Promise<Ports> {
    const ports = new Ports();
    const named = [...text.matchAll(/(?:localhost:|PORT=)(4\d{3})\b/g)].map(([, port]) => port!);
    for (const port of new Set(["4000", ...named])) ports.#ports.set(port, await freePort());
    return ports;
  }

  /** The free port in the place of one that is named; `undefined` where the page does not name it. */
  get(named: string): number | undefined {
    return this.#ports.get(named);
  }

  /** A command of the page with the free ports in it. */
  into(command: string): string {
    return command
      .replaceAll(/\blocalhost:(4\d{3})\b/g, (_, port: string) => `127.0.0.1:${this.get(port)}`)
      .replaceAll(/\bPORT=(4\d{3})\b/g, (_, port: string) => `PORT=${this.get(port)}`);
  }

  /** An output with the ports of the page in it. */
  outOf(output: string): string {
    let text = output;
    for (const [named, port] of this.#ports)
      text = text.replaceAll(`127.0.0.1:${port}`, `localhost:${named}`);
    return text;
  }
}
