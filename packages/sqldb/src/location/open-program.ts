/** The child process of `openNow`: reads an `Opening` from stdin, opens it, prints one line of JSON and exits. */
import { readFileSync } from "node:fs";
import { openConnection } from "./location.ts";
import { startServer } from "../embedded/embedded-servers.ts";
import { copyForTest } from "./test-database.ts";
import { resolveDatabaseUrl } from "./database-url.ts";
import { ensureDatabase } from "./ensure-database.ts";
import type { Opened, Opening } from "./open-now.ts";

/**
 * Opens what was asked for: a copy for a test, a database on a named server, or the database as the environment
 * configures it. A failure is a result with its code, because an error does not cross the process boundary.
 */
async function open({ name, root, server, test }: Opening): Promise<Opened> {
  try {
    if (test !== undefined) {
      const at = server ?? (await startServer(root, true)).url;
      const { url } = await copyForTest(
        { app: test.app, root, name, server: at, migrations: test.migrations },
        openConnection,
      );
      return { url };
    }
    if (server !== undefined) return { url: await ensureDatabase(server, name, openConnection) };
    const { url } = await resolveDatabaseUrl(name, root, openConnection, process.env, true);
    return { url };
  } catch (error) {
    const { code = "connect_failed", message } = error as { code?: string; message: string };
    return { code, message };
  }
}

const opened = await open(JSON.parse(readFileSync(0, "utf8")) as Opening);
process.stdout.write(`${JSON.stringify(opened)}\n`, () => process.exit());
