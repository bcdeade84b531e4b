import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

const SOURCE = `
import { inspect } from "node:util";
import { api, authHandler, Gateway, getAuthData, start, type Header, type Query } from "@twinloop/api";
interface Item {
  id: number;
  name: string;
  at: Date;
  total: bigint;
  photo: Uint8Array;
  kind: "new" | "used";
  tags?: string[];
  note: string | null;
  any?: unknown;
  either: { a: number } | { b: string };
  inner?: Item;
}
interface Basket { items: Item[]; label?: string }
const seen = (basket: Basket) => {
  const { items, ...rest } = basket;
  return { count: items.length, ids: items.reduce((sum, { id }) => sum + id, 0), rest: inspect(rest), last: inspect(items.at(-1), { depth: 9 }) };
};
type Seen = ReturnType<typeof seen>;
const who = authHandler<{ key: Header<"x-key"> }, { userID: string; since: Date }>(async ({ key }) => {
  if (key === "nobody") return null as never;
  return { userID: key, since: new Date(0) };
}, { cache: { ttl: "1m" } });
export const gateway = new Gateway({ authHandlers: { who } });
export const open = api({ expose: true, method: "POST", path: "/open", bodyLimit: 8_000_000 }, async (basket: Basket): Promise<Seen> => seen(basket));
export const asked = api({ expose: true, method: "POST", path: "/asked" }, async ({ page, since, ...basket }: Basket & { page?: Query<number>; since?: Query<Date> }): Promise<Seen & { asked: string }> =>
  ({ ...seen(basket), asked: inspect({ page, since }) }));
export const guarded = api({ expose: true, method: "POST", path: "/guarded", auth: true }, async (basket: Basket): Promise<Seen & { who: string }> =>
  ({ ...seen(basket), who: inspect(getAuthData()) }));
const { url } = await start({ banner: false });
console.log("listening " + url);
`;

const undo: (() => void)[] = [];
let app: AppProcess;

beforeAll(async () => {
  const built = await buildApp(SOURCE, (step) => undo.push(step));
  app = await built.run({ NODE_OPTIONS: "--disallow-code-generation-from-strings" });
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
}, 120_000);
afterAll(() => undo.reverse().forEach((step) => step()));

function item(id: number): object {
  return {
    unknown: [id],
    note: id % 2 === 0 ? null : "é中😀".repeat(id % 5),
    id,
    name: `item ${id}`,
    at: "2024-02-29T12:00:00Z",
    total: "12345678901234567890",
    photo: "AQID",
    kind: id % 2 === 0 ? "new" : "used",
    ...(id % 3 === 0 && { tags: ["a", "b", ""], any: { deep: [id, "\u0000d1"] } }),
    either: id % 2 === 0 ? { a: id, b: "both" } : { b: "one" },
    ...(id % 4 === 1 && { inner: { ...item(id - 1) } }),
  };
}

const list = (count: number): object[] => Array.from({ length: count }, (_, at) => item(at + 1));

async function post(
  path: string,
  body: unknown,
  headers: object = {},
): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(app.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Answer };
}

interface Answer {
  readonly count: number;
  readonly last: string;
  readonly rest: string;
  readonly asked?: string;
  readonly who?: string;
  readonly details?: unknown;
}

/** Sizes below and beyond those of frames, of which one alone is as large as a batch, and one larger than the kept memory. */
describe.each([1, 2, 30, 300, 9_000])("a body of %d objects", (count) => {
  test("its last object is what it is in a small one", { timeout: 60_000 }, async () => {
    const { status, answer } = await post("/open", { label: "é", items: list(count) });
    const alone = await post("/open", { items: [item(count)] });
    expect([status, answer.count, answer.rest]).toEqual([200, count, "{ label: 'é' }"]);
    expect(inOrder(answer.last)).toEqual(inOrder(alone.answer.last));
  });
});

/** The lines of an inspected value without regard to the order of its properties. */
function inOrder(inspected: string): string[] {
  return inspected
    .split("\n")
    .map((line) => line.trim().replace(/,$/, ""))
    .sort();
}

test("parameters come with it", async () => {
  const { answer } = await post("/asked?page=2&since=2020-01-01T00:00:00Z", { items: list(100) });
  expect(answer).toMatchObject({ count: 100, asked: "{ page: 2, since: 2020-01-01T00:00:00.000Z }" });
  const none = await post("/asked", { items: list(100) });
  expect(none.answer).toMatchObject({
    count: 100,
    rest: "{}",
    asked: "{ page: undefined, since: undefined }",
  });
});

test("its caller is known, whether an auth handler runs or Rust remembers", async () => {
  for (const _ of [1, 2, 3]) {
    const { answer } = await post("/guarded", { items: list(100) }, { "x-key": "ann" });
    expect(answer).toMatchObject({ count: 100, who: "{ userID: 'ann', since: 1970-01-01T00:00:00.000Z }" });
  }
  const { status } = await post("/guarded", { items: list(100) }, { "x-key": "nobody" });
  expect(status).toBe(401);
});

test("a refused one says what is wrong, as a small one does", async () => {
  const broken = { ...item(1), total: "x", kind: "old" };
  const large = await post("/open", { items: [...list(200), broken] });
  const small = await post("/open", { items: [broken] });
  expect([large.status, small.status]).toEqual([400, 400]);
  const text = JSON.stringify(large.answer.details);
  expect(text).toContain("items[200]");
  expect(text.replaceAll("items[200]", "items[0]")).toBe(JSON.stringify(small.answer.details));
});

test("many at once are not mixed up", async () => {
  const sizes = Array.from({ length: 60 }, (_, at) => 1 + ((at * 37) % 150));
  const answers = await Promise.all(sizes.map((count) => post("/open", { items: list(count) })));
  expect(answers.map(({ answer }) => answer.count)).toEqual(sizes);
});
