import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildApp } from "./built-app.ts";

/** What the test suite says of one case. */
interface Verdict {
  readonly behavior: string;
  readonly behaviorClose: string;
  readonly duration: number;
}

/** `FULL=1` adds large messages (9) and compression (12, 13), which take minutes. */
const CASES = process.env["FULL"] ? ["*"] : ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];
const TIME_LIMIT_MS = process.env["FULL"] ? 7_200_000 : 300_000;

/** The verdicts with which a case is passed: informational ones are of cases where every behaviour is allowed. */
const PASSED = ["OK", "INFORMATIONAL"];

const MISSING =
  "Autobahn's `wstest` is not on the PATH: `pip install autobahntestsuite` brings it, under Python 2.7";

/** Echoes what it is sent. The largest message of the suite has 16 MiB, and clients may be slow to answer pings. */
const APP = `
import { api, start } from "@twinloop/api";
export const echo = api.streamInOut<string | Uint8Array, string | Uint8Array>(
  { expose: true, path: "/echo", format: "raw", compress: true, maxMessage: ${16 << 20}, ping: null },
  async (stream) => { for await (const message of stream) await stream.send(message); },
);
const app = await start({ banner: false });
console.log("listening " + app.url);
`;

test(`Autobahn's cases ${CASES.join(", ")} pass`, { timeout: TIME_LIMIT_MS }, async ({ skip }) => {
  skip(spawnSync("wstest", ["--help"]).error !== undefined, MISSING);
  const { url } = await (await buildApp(APP)).run();
  const verdicts = await fuzz(`${url.replace("http", "ws")}/echo`);
  if (process.env["FULL"]) console.log(table(verdicts));
  const isPassed = ({ behavior, behaviorClose }: Verdict): boolean =>
    PASSED.includes(behavior) && PASSED.includes(behaviorClose);
  expect(Object.keys(verdicts).length).toBeGreaterThan(process.env["FULL"] ? 500 : 200);
  expect(Object.entries(verdicts).filter(([, verdict]) => !isPassed(verdict))).toEqual([]);
});

/** Runs the suite's client against a server of echoes, and returns the verdicts by the numbers of the cases. */
async function fuzz(url: string): Promise<Record<string, Verdict>> {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-autobahn-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const spec = { outdir: join(folder, "reports"), servers: [{ agent: "twinloop", url }], cases: CASES };
  writeFileSync(join(folder, "spec.json"), JSON.stringify(spec));
  const client = spawn("wstest", ["--mode", "fuzzingclient", "--spec", join(folder, "spec.json")], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  onTestFinished(() => void client.kill("SIGKILL"));
  expect(await once(client, "close")).toEqual([0, null]);
  const index = JSON.parse(readFileSync(join(spec.outdir, "index.json"), "utf8")) as {
    twinloop: Record<string, Verdict>;
  };
  return index.twinloop;
}

/** How many cases of each section have which verdict, and how long they took. */
function table(verdicts: Readonly<Record<string, Verdict>>): string {
  const sections = new Map<string, Map<string, number>>();
  for (const [name, { behavior, behaviorClose, duration }] of Object.entries(verdicts)) {
    const section = name.split(".", 1)[0]!;
    const counts = sections.get(section) ?? new Map<string, number>();
    sections.set(section, counts);
    const verdict = behaviorClose === "OK" ? behavior : `${behavior}, closed ${behaviorClose}`;
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    counts.set("ms", (counts.get("ms") ?? 0) + duration);
  }
  const line = (counts: Map<string, number>): string =>
    [...counts].map(([verdict, count]) => `${verdict} ${count}`).join(", ");
  return [...sections].map(([section, counts]) => `${section}: ${line(counts)}`).join("\n");
}
