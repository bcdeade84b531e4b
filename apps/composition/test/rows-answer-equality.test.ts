import { beforeAll, afterAll, expect, test, vi } from "vitest";
import { fileURLToPath } from "node:url";
import type { AppProcess } from "../../../packages/api/test/app-process.ts";
import { buildApp } from "../../../packages/api/test/built-app.ts";
import { endpointsOf, HEAD, someCases, TAIL } from "./rows-answer-cases.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

/** `FULL=1` is the long form, with other cases each time. */
const FULL = process.env["FULL"] !== undefined;
const SEED = FULL ? Date.now() % 1_000_000 : 18;
const CASES = someCases(FULL ? 300 : 50, SEED);
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

const packageOf = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/${name}`, import.meta.url));

let app: AppProcess;
const undone: (() => void)[] = [];

beforeAll(async () => {
  const source = HEAD + CASES.map(endpointsOf).join("") + TAIL;
  const built = await buildApp(source, (undo) => void undone.push(undo), [
    packageOf("api"),
    packageOf("sqldb"),
  ]);
  app = await built.run({ DATABASE_URL: SERVER });
  if (app.url === "") throw new Error(app.output());
});

afterAll(() => undone.reverse().forEach((undo) => undo()));

interface Told {
  readonly status: number;
  readonly type: string | null;
  readonly length: string | null;
  readonly body: string;
}

async function get(path: string): Promise<Told> {
  const response = await fetch(app.url + path);
  const body = await response.text();
  const { status, headers } = response;
  // An error names its request.
  return {
    status,
    type: headers.get("content-type"),
    length: headers.get("content-length"),
    body: body.replace(/"[0-9a-f-]{16,}"/g, '"…"'),
  };
}

/** What the log says of answers that could not be sent, by endpoint. */
function mismatches(): ReadonlyMap<string, string> {
  const lines = app
    .output()
    .split("\n")
    .filter((line) => line.includes("failed to send the response"));
  return new Map(
    lines.map((line) => {
      const { endpoint, at, expected, found } = JSON.parse(line) as Readonly<Record<string, string>>;
      return [endpoint!, JSON.stringify([at, expected, found])];
    }),
  );
}

test(`rows that were never opened are answered as rows that were, byte for byte (seed ${SEED})`, async () => {
  const statuses = new Map<number, number>();
  for (const [index, one] of CASES.entries()) {
    for (const [opened, unopened] of [
      ["opened", "unopened"],
      ["one", "unopened-one"],
    ]) {
      const expected = await get(`/${opened}/${index}`);
      // The first answer has the form written, the second is written in it as it arrives.
      for (let time = 0; time < 2; time++) {
        expect(await get(`/${unopened}/${index}`), JSON.stringify(one)).toEqual(expected);
      }
      statuses.set(expected.status, (statuses.get(expected.status) ?? 0) + 1);
    }
  }
  const { count } = JSON.parse((await get("/times-opened")).body) as { count: number };
  // Most are answered from Rust, and some have values that fit no type.
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(CASES.length * 4 * 0.7);
  expect(statuses.get(200)).toBeGreaterThan(CASES.length * 0.8);
  expect(statuses.get(500)).toBeGreaterThan(0);
});

test("what does not fit is told by the same words", async () => {
  const told = await vi.waitFor(() => {
    const found = mismatches();
    expect(found.size).toBeGreaterThan(0);
    return found;
  });
  for (const [endpoint, words] of told) {
    const twin = endpoint.replace(/\.(opened|one)(\d+)$/, (_, kind: string, index: string) =>
      kind === "one" ? `.unopenedOne${index}` : `.unopened${index}`,
    );
    expect(told.get(twin), endpoint).toBe(words);
  }
});
