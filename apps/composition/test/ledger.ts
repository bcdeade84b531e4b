import { randomInt } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const APP = fileURLToPath(new URL("../dist/ledger.js", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A process is killed this long after its first publish was confirmed, at the latest. */
const MAX_LIFE_MS = 6_000;
/**
 * An acknowledgement that was on its way when the process was killed had been for less than this, the app's ack deadline.
 * Shorter than most lives: what a process had finished earlier must not come again.
 */
const SETTLES_WITHIN_MS = 2_000;

/** What the kills have cost. */
export interface Outcome {
  readonly kills: number;
  /** Publishes that were confirmed. */
  readonly published: number;
  /** Confirmed, and no handler has ever ended with it. */
  readonly lost: readonly string[];
  /** Begun again, because its handler was running when its process was killed. */
  readonly whileRunning: number;
  /** Begun again, because its handler had just ended and the acknowledgement was on its way. */
  readonly whileSettling: number;
  /** The longest that an acknowledgement had been on its way by then. */
  readonly longestSettlingMs: number;
  /** Ended so long before their process was killed that they must not come again. */
  readonly settled: number;
  /** Begun again for no reason. */
  readonly unexplained: readonly string[];
  /** Begun again, and the attempts before were not counted. */
  readonly uncounted: readonly string[];
}

interface Entry {
  published: boolean;
  attempt: number;
  /** When a handler ended with it, if the last one has. */
  endedAt: number | undefined;
  ended: boolean;
  /** When the process of the last handler was killed, if it was. */
  killedAt: number | undefined;
}

/** Compares what a ledger says was confirmed with what it says was done. */
export function readLedger(text: string): Outcome {
  const entries = new Map<string, Entry>();
  let kills = 0;
  const count = { whileRunning: 0, whileSettling: 0, longestSettlingMs: 0, settled: 0 };
  const [unexplained, uncounted]: [string[], string[]] = [[], []];
  let alive = new Set<Entry>();
  for (const line of text.split("\n")) {
    const [what = "", key = "", attempt = "", time = ""] = line.split(" ");
    if (what === "killed") {
      kills++;
      for (const entry of alive) {
        entry.killedAt = Number(key);
        const { endedAt = Infinity, killedAt } = entry;
        if (killedAt - endedAt > SETTLES_WITHIN_MS) count.settled++;
      }
      alive = new Set();
      continue;
    }
    // The last line of a process may have been cut short.
    if (!/^\d{13}$/.test(time)) continue;
    const fresh = { published: false, attempt: 0, endedAt: undefined, ended: false, killedAt: undefined };
    const entry = entries.get(key) ?? fresh;
    entries.set(key, entry);
    if (what === "published") entry.published = true;
    if (what === "ended") Object.assign(entry, { ended: true, endedAt: Number(time) });
    if (what !== "began") continue;
    if (entry.attempt > 0) {
      const { killedAt, endedAt } = entry;
      if (killedAt === undefined) unexplained.push(key);
      else if (endedAt === undefined) count.whileRunning++;
      else if (killedAt - endedAt <= SETTLES_WITHIN_MS) {
        count.whileSettling++;
        count.longestSettlingMs = Math.max(count.longestSettlingMs, killedAt - endedAt);
      } else unexplained.push(key);
      if (Number(attempt) <= entry.attempt) uncounted.push(key);
    }
    Object.assign(entry, { attempt: Number(attempt), endedAt: undefined, killedAt: undefined });
    alive.add(entry);
  }
  const all = [...entries];
  return {
    kills,
    published: all.filter(([, { published }]) => published).length,
    lost: all.filter(([, { published, ended }]) => published && !ended).map(([key]) => key),
    ...count,
    unexplained,
    uncounted,
  };
}

/**
 * Lets the app publish and consume over the broker at `url`, kills it `kills` times, and lets it finish what is left.
 *
 * Shape:  the environment of the app, which names the broker; the ledger's file -> what the kills have cost.
 */
export async function keepLedger(env: NodeJS.ProcessEnv, file: string, kills: number): Promise<Outcome> {
  for (let round = 0; round < kills; round++) {
    const app = startApp({ ...env, LEDGER_FILE: file });
    await app.open;
    // The first life is long enough for work that must not come again, whatever the others are.
    await sleep(round === 0 ? MAX_LIFE_MS : randomInt(MAX_LIFE_MS));
    const killedAt = Date.now();
    app.child.kill("SIGKILL");
    await app.ended;
    appendFileSync(file, `\nkilled ${killedAt}\n`);
  }
  const last = startApp({ ...env, LEDGER_FILE: file, LEDGER_DRAIN: "1" });
  const code = await last.ended;
  if (code !== 0) throw new Error(`the app did not drain, but ended with ${code}:\n${last.output()}`);
  return readLedger(readFileSync(file, "utf8"));
}

interface App {
  readonly child: ChildProcess;
  /** Its first publish was confirmed. */
  readonly open: Promise<void>;
  readonly ended: Promise<number | null>;
  output(): string;
}

function startApp(env: NodeJS.ProcessEnv): App {
  const child = spawn(process.execPath, [APP], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: "development", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = once(child, "close").then(([code]) => code as number | null);
  const open = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("ledger: open")) resolve();
      });
    }
    void ended.then((code) =>
      reject(new Error(`the app ended with ${code} before it published:\n${output}`)),
    );
  });
  open.catch(() => undefined);
  return { child, open, ended, output: () => output };
}
