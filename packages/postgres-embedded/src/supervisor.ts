/**
 * The program that runs one app's server: started by the first process that needs it, ended with the last.
 *
 * A separate process outlives a crash of the app for as long as a shutdown takes. A session of its own keeps Ctrl-C in
 * a terminal from reaching it, because the app may still need its database.
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
import { dataFolder, prepareCluster } from "./cluster.ts";
import { toFault } from "./fault.ts";
import { LeaseDesk } from "./lease.ts";
import type { PostgresPackage } from "@twinloop/sqldb/internal";
import { endLeftover } from "./leftover.ts";
import { Postmaster, type PostmasterOptions } from "./postmaster.ts";
import { placePrograms } from "./programs.ts";
import { resetPassword } from "./password.ts";

/** The time in milliseconds for which the server waits for its first lease. */
const FIRST_LEASE_WITHIN_MS = 10_000;
/** The number of unexpected exits within a minute after which the server is not restarted. */
const RESTARTS_A_MINUTE = 5;
/** The size in bytes above which a start truncates the log. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** The time in milliseconds for which a failure is reported to processes that connect. */
const FAILURE_TOLD_MS = 300;
/** The time in milliseconds for sending the last messages. */
const FAREWELL_MS = 2_000;

/**
 * Runs the server of one folder, from the claim of the folder to the end of the server. Where another supervisor has
 * the claim, this one exits at once with 0, and its process joins the other.
 */
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
    // A process that starts from now on tries again, because the cause may be fixed.
    desk.unclaim(home);
    desk.tell({ state: "failed", code, message });
    // For the process that started this one, in case it connects too late.
    process.stderr.write(`${JSON.stringify({ code, message })}\n`);
    process.exitCode = 1;
    await sleep(FAILURE_TOLD_MS);
  } finally {
    desk.unclaim(home);
    desk.close();
  }
}

/**
 * Prepares a start, in an order in which each step needs those before: account, programs, data directory, log, the
 * end of a server that a killed supervisor left, password, port.
 */
async function prepare(home: string, source: PostgresPackage): Promise<PostmasterOptions> {
  const account = serverAccount(dataFolder(home));
  const programs = { bin: await placePrograms(source, account), account };
  const cluster = await prepareCluster(home, programs);
  const log = join(home, "postgres.log");
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) truncateSync(log);
  await endLeftover({ data: cluster.data, programs });
  const password = cluster.password ?? (await resetPassword(home, cluster.data, programs));
  return { cluster: { ...cluster, password }, programs, log, port: await choosePort(home) };
}

/** Serves until no lease is left or a signal arrives; restarts a server that exits unexpectedly. */
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
          `PostgreSQL exited unexpectedly ${RESTARTS_A_MINUTE} times in a minute. Its log: ${options.log}`,
        );
      }
      postmaster = await Postmaster.start(options);
    }
    desk.tell({ state: "stopping" });
  } finally {
    await postmaster.stop();
  }
}

/** Starts the server; where the port was taken since it was chosen, once more on another. */
async function startOnFreePort(
  home: string,
  options: PostmasterOptions,
): Promise<[Postmaster, PostmasterOptions]> {
  try {
    return [await Postmaster.start(options), options];
  } catch (error) {
    // Another program may have taken the port since it was chosen.
    if (!/could not bind|could not create any TCP/.test(String(error))) throw error;
    const again = { ...options, port: await choosePort(home, true) };
    return [await Postmaster.start(again), again];
  }
}

/**
 * The URL of the owner's connection. The server listens on 127.0.0.1 alone, and asks for the password
 * (`scram-sha-256`).
 */
function urlOf({ cluster, port }: PostmasterOptions): string {
  return `postgres://postgres:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`;
}

/** Chooses the last port where it is free, so that connection strings stay valid; otherwise any free port. */
async function choosePort(home: string, another = false): Promise<number> {
  const file = join(home, "port");
  const said = existsSync(file) && !another ? Number(readFileSync(file, "utf8")) : 0;
  // A full disk or a crash may have truncated the file.
  const last = Number.isInteger(said) && said > 0 && said < 65_536 ? said : 0;
  const port = (await freePort(last)) ?? (await freePort(0)) ?? 0;
  writeFileSync(file, `${port}\n`);
  return port;
}

/** Tries to listen on a port, 0 for any. Shape: -> the port, closed again; `undefined` where it is taken. */
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
  // A holder that no longer reads must not keep the process alive.
  setTimeout(() => process.exit(), FAREWELL_MS).unref();
}
