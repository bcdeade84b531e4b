/**
 * The program that runs one app's server: started by the first process that needs it, gone with the last.
 *
 * It is a process of its own so that it outlives the app's sudden death by just as long as a shutdown takes, and in a
 * session of its own so that Ctrl-C in a terminal reaches the app alone, which may still need its database.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverAccount } from "./account.ts";
import { dataFolder, prepareCluster, type Cluster } from "./cluster.ts";
import { toFault } from "./fault.ts";
import { LeaseDesk } from "./lease.ts";
import type { PostgresPackage } from "./postgres-package.ts";
import { endLeftover, Postmaster, type PostmasterOptions } from "./postmaster.ts";
import { placePrograms } from "./programs.ts";

/** How long the server waits for its first lease. */
const FIRST_LEASE_WITHIN_MS = 10_000;
/** A server that ends by itself this often in a minute is not started again. */
const RESTARTS_A_MINUTE = 5;
/** Above this the log is begun anew at a start. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** How long a failure is told to those who ask. */
const FAILURE_TOLD_MS = 300;
/** How long the last words may take to leave. */
const FAREWELL_MS = 2_000;

async function supervise(home: string, source: PostgresPackage): Promise<void> {
  const desk = await LeaseDesk.open();
  if (!(await desk.claim(home))) return desk.close();
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
  try {
    const options = await prepare(home, source);
    await run(desk, home, options, asked);
  } catch (error) {
    const { code, message } = toFault(error, "embedded_start_failed");
    desk.tell({ state: "failed", code, message });
    // For the one who started this, should it come to ask too late.
    process.stderr.write(`${JSON.stringify({ code, message })}\n`);
    process.exitCode = 1;
    await sleep(FAILURE_TOLD_MS);
  } finally {
    desk.unclaim(home);
    desk.close();
  }
}

async function prepare(home: string, source: PostgresPackage): Promise<PostmasterOptions> {
  const account = serverAccount(dataFolder(home));
  const programs = { bin: await placePrograms(source, account), account };
  const cluster = await prepareCluster(home, programs);
  const log = join(home, "postgres.log");
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) truncateSync(log);
  const options = { cluster, programs, log, port: 0 };
  await endLeftover(options);
  return { ...options, port: await choosePort(home) };
}

/** Serves until no lease is left or a signal asks for the end; a server that ends by itself is started again. */
async function run(
  desk: LeaseDesk,
  home: string,
  given: PostmasterOptions,
  asked: Promise<void>,
): Promise<void> {
  const starts: number[] = [];
  const [first, options] = await startOnFreePort(home, given);
  let postmaster = first;
  desk.tell({ state: "ready", url: urlOf(options), created: options.cluster.created });
  const done = Promise.race([desk.empty(FIRST_LEASE_WITHIN_MS), asked]).then(() => "done" as const);
  try {
    while ((await Promise.race([done, postmaster.exited])) !== "done") {
      starts.push(Date.now());
      if (starts.filter((start) => start > Date.now() - 60_000).length > RESTARTS_A_MINUTE) {
        throw new Error(
          `PostgreSQL ended by itself ${RESTARTS_A_MINUTE} times in a minute; see ${options.log}`,
        );
      }
      postmaster = await Postmaster.start(options);
    }
    desk.tell({ state: "stopping" });
  } finally {
    await postmaster.stop();
  }
}

async function startOnFreePort(
  home: string,
  options: PostmasterOptions,
): Promise<[Postmaster, PostmasterOptions]> {
  try {
    return [await Postmaster.start(options), options];
  } catch (error) {
    // Between the choice of the port and its use another program may have taken it.
    if (!/could not bind|could not create any TCP/.test(String(error))) throw error;
    const again = { ...options, port: await choosePort(home, true) };
    return [await Postmaster.start(again), again];
  }
}

function urlOf({ cluster, port }: { cluster: Cluster; port: number }): string {
  return `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`;
}

/** The port of the last time where it is free, so that connection strings stay valid; else any. */
async function choosePort(home: string, another = false): Promise<number> {
  const file = join(home, "port");
  const last = existsSync(file) && !another ? Number(readFileSync(file, "utf8")) : 0;
  const port = (await freePort(last)) ?? (await freePort(0)) ?? 0;
  writeFileSync(file, `${port}\n`);
  return port;
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(undefined));
    server.listen(wanted, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const [home, source] = process.argv.slice(2);
if (home !== undefined && source !== undefined) {
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o755);
  await supervise(home, JSON.parse(source) as PostgresPackage);
  // A holder that no longer reads must not keep the process.
  setTimeout(() => process.exit(), FAREWELL_MS).unref();
}
