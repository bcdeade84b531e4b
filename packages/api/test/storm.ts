import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What is sent, on how many connections, and until when. */
export interface StormOptions {
  readonly url: string;
  readonly method?: string;
  readonly body?: string;
  readonly connections: number;
  readonly requests?: number;
  readonly seconds?: number;
  /** Requests per second over all connections; default as fast as they are answered. */
  readonly rate?: number;
}

/** Answers of one status; times in milliseconds. */
export interface Answers {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How many said when to come again. */
  readonly retryAfter: number;
}

/** What came back. */
export interface Stormed {
  readonly sent: number;
  readonly answered: number;
  readonly errors: number;
  readonly statuses: Readonly<Record<string, Answers>>;
  readonly seconds: number;
}

const PROGRAM = fileURLToPath(new URL("fixtures/storm.mjs", import.meta.url));

/** Sends the requests from a process of its own. */
export async function storm(options: StormOptions): Promise<Stormed> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify(options)]);
  return JSON.parse(stdout) as Stormed;
}

/** The memory of a process that is in use, in MiB; Linux only. */
export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}
