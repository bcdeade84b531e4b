import { once } from "node:events";
import { createServer } from "node:net";

/** The port of the admin server under `dev`, where it is free. */
const FIRST_PORT = 4040;

/** How many ports are tried. */
const TRIES = 100;

/** The first free port of this machine from 4040 on, without those that are taken otherwise; `undefined` where there is none. */
export async function freeAdminPort(taken: readonly number[] = []): Promise<number | undefined> {
  for (let port = FIRST_PORT; port < FIRST_PORT + TRIES; port++) {
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  return undefined;
}

/** Whether nobody listens on a port of the loopback address. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: "127.0.0.1", exclusive: true });
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
