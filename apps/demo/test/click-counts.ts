import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import type { Place } from "./place.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TWINLOOP = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));

/** How long what is left behind by demos that were killed may take. */
const SETTLES_WITHIN_MS = 60_000;

/** Makes links, and gives their short addresses. */
export async function makeLinks({ url }: { readonly url: string }, count: number): Promise<string[]> {
  const make = async (number: number): Promise<string> => {
    const body = JSON.stringify({ url: `https://example.com/${number}`, slug: `link-${number}` });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/links`, { method: "POST", headers, body });
    return ((await response.json()) as { shortUrl: string }).shortUrl;
  };
  return Promise.all(Array.from({ length: count }, (_, number) => make(number)));
}

/** What became of the clicks of a link. */
export interface ClickCount {
  readonly slug: string;
  /** Written down by the transactions that have published them. */
  readonly noted: number;
  /** What the link says. */
  readonly counted: number;
}

/** The clicks of each link, once no message waits any more and each click is counted once; a demo has to run. */
export async function settledCounts(place: Place): Promise<ClickCount[]> {
  const { url, close } = await place.openDatabase();
  const db = new SQLDatabase("counts", { connectionString: url, bigint: "number" });
  let counts: readonly ClickCount[] = [];
  const look = async (): Promise<object> => {
    const depth = await readDepth({ ...place.env, DATABASE_URL: url });
    counts = await readCounts(db);
    return { ...depth, wrong: counts.filter(({ noted, counted }) => noted !== counted) };
  };
  const settled = { ready: 0, delayed: 0, inFlight: 0, dead: 0, wrong: [] };
  try {
    await expect.poll(look, { timeout: SETTLES_WITHIN_MS, interval: 300 }).toEqual(settled);
    return [...counts];
  } finally {
    await db.close();
    await close();
  }
}

function readCounts(db: SQLDatabase): Promise<ClickCount[]> {
  return db.queryAll<ClickCount>`
    select slug, clicks as counted,
      (select count(*) from clicks where link_id = id)
        + (select coalesce(sum(clicks), 0)::bigint from clicks_by_minute where link_id = id) as noted
    from links order by slug`;
}

/** What waits to be counted, as `twinloop topics` tells it. */
async function readDepth(env: NodeJS.ProcessEnv): Promise<object> {
  const args = [TWINLOOP, "topics", "depth", "clicks/count", "--json"];
  const { stdout } = await run(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } });
  const { depths } = JSON.parse(stdout) as { depths: [Record<string, number>] };
  const [{ ready, delayed, inFlight, dead }] = depths;
  return { ready, delayed, inFlight, dead };
}
