import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { onTestFinished } from "vitest";

/** How often each replica is asked whether it is ready. */
const ASK_MS = 20;

/** A small TCP balancer, as it stands before replicas: a new connection goes to the next one that says it is ready. */
export class Balancer {
  readonly #server: Server;
  readonly #replicas = new Map<string, boolean>();
  readonly #asking: NodeJS.Timeout;
  #turn = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#asking = setInterval(() => void this.#ask(), ASK_MS);
  }

  static async listen(): Promise<Balancer> {
    const server = createServer({ allowHalfOpen: true });
    const balancer = new Balancer(server);
    server.on("connection", (client) => {
      const { hostname, port } = new URL(balancer.#next());
      const replica = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      client.pipe(replica).pipe(client);
      client.on("error", () => replica.destroy());
      replica.on("error", () => client.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => balancer.close());
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Adds a replica, and resolves when it is ready. */
  async add(url: string): Promise<void> {
    this.#replicas.set(url, false);
    while (!this.#replicas.get(url)) await this.#ask();
  }

  /** Forgets a replica that has ended. */
  remove(url: string): void {
    this.#replicas.delete(url);
  }

  close(): void {
    clearInterval(this.#asking);
    this.#server.close();
  }

  #next(): string {
    const ready = [...this.#replicas].filter(([, isReady]) => isReady).map(([url]) => url);
    return ready[this.#turn++ % ready.length]!;
  }

  async #ask(): Promise<void> {
    for (const url of this.#replicas.keys()) {
      const isReady = await fetch(`${url}/readyz`, { headers: { connection: "close" } }).then(
        async (response) => (await response.arrayBuffer(), response.ok),
        () => false,
      );
      if (this.#replicas.has(url)) this.#replicas.set(url, isReady);
    }
  }
}
