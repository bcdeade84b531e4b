import { request } from "node:http";
import { readFileSync } from "node:fs";
import * as zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

type Headers = Readonly<Record<string, string>>;

interface Declared {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly handler: string;
}

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly times?: number;
  readonly accept?: string | null;
  readonly ifNoneMatch?: string;
  readonly status?: number;
  readonly encoding?: string | null;
  readonly text?: string;
  readonly answer?: Readonly<Record<string, string | null>>;
}

interface Contract {
  readonly app: Readonly<Record<string, unknown>>;
  readonly endpoints: readonly Declared[];
  readonly cases: readonly Case[];
  readonly problems?: readonly {
    readonly name: string;
    readonly options: string;
    readonly message: string;
  }[];
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

function contract(name: string): Contract {
  const url = new URL(`../../../contract/cases/api/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Contract;
}

function sourceOf({ app, endpoints }: Pick<Contract, "app" | "endpoints">): string {
  const declared = endpoints.map(
    ({ name, options, handler }) =>
      `export const ${name} = api(${JSON.stringify({ expose: true, ...options })} as const, ${handler});`,
  );
  return `import { api, APIError, start, type Header, type SetCookie } from "@twinloop/api";
${declared.join("\n")}
const app = await start(${JSON.stringify({ banner: false, ...app })} as const);
console.log("listening " + app.url);
`;
}

type Decode = (bytes: Buffer) => Buffer;

/** Node has Zstandard from 22.15 on; its types here are older. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: Decode };
const DECODERS: Readonly<Record<string, Decode>> = {
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
  ...(zstdDecompressSync === undefined ? {} : { zstd: zstdDecompressSync }),
};

/** Sends a request as it is: fetch would hide codings and refuse headers of browsers. */
function send(
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Partial<Case>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers: { ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function decoded({ headers, bytes }: Answer): string {
  return (DECODERS[String(headers["content-encoding"])]?.(bytes) ?? bytes).toString("utf8");
}

function expectHeaders(answer: Answer, expected: Case["answer"] = {}): void {
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, answer.headers[name] ?? null]));
  expect(found).toEqual(expected);
}

const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));

async function run(of: Pick<Contract, "app" | "endpoints">): Promise<AppProcess> {
  const app = await (await buildApp(sourceOf(of), (step) => undo.push(step))).run();
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  return app;
}

describe.each(["cors", "rate-limit"])("%s, built manifest, plain node", (name) => {
  const { cases, ...rest } = contract(name);
  let url = "";
  beforeAll(async () => void ({ url } = await run(rest)));

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    let answer = await send(url, one.path, one);
    for (let time = 1; time < (one.times ?? 1); time++) answer = await send(url, one.path, one);
    expect(answer.status).toBe(one.status);
    if (one.text !== undefined) expect(decoded(answer)).toBe(one.text);
    expectHeaders(answer, one.answer);
  });
});

describe("compression, built manifest, plain node", () => {
  const { cases, ...rest } = contract("compression");
  let url = "";
  beforeAll(async () => void ({ url } = await run(rest)));

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const headers = typeof one.accept === "string" ? { "accept-encoding": one.accept } : {};
    const plain = await send(url, one.path, {});
    const answer = await send(url, one.path, { ...one, headers });
    expect(answer.status).toBe(one.status ?? 200);
    if (one.encoding !== null) {
      expect(answer.headers["content-encoding"]).toBe(one.encoding);
      expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
      expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 4);
      if (answer.status === 200) expect(answer.headers["etag"]).toBe(`W/${String(plain.headers["etag"])}`);
    } else if (one.answer?.["content-encoding"] === undefined) {
      expect(answer.headers["content-encoding"]).toBeUndefined();
    }
    const isReadable = one.encoding !== "zstd" || zstdDecompressSync !== undefined;
    if (one.method !== "HEAD" && isReadable) expect(decoded(answer)).toBe(decoded(plain));
    expectHeaders(answer, one.answer);
  });

  test("a client that has the compressed bytes is told so, with the weak tag", async () => {
    const headers = { "accept-encoding": "gzip" };
    const first = await send(url, "/big", { headers });
    const tag = String(first.headers["etag"]);
    const again = await send(url, "/big", { headers: { ...headers, "if-none-match": tag } });
    expect({ status: again.status, tag: again.headers["etag"], vary: again.headers["vary"] }).toEqual({
      status: 304,
      tag,
      vary: "accept-encoding",
    });
    expect(again.headers["content-encoding"]).toBeUndefined();
  });
});

describe("policies, built manifest, plain node", () => {
  const { cases, problems, ...rest } = contract("policies");
  let url = "";
  beforeAll(async () => void ({ url } = await run(rest)));

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const known = one.ifNoneMatch?.endsWith("own")
      ? one.ifNoneMatch
          .replace("weak ", "W/")
          .replace("own", String((await send(url, one.path, {})).headers["etag"]))
      : one.ifNoneMatch;
    const headers = { ...one.headers, ...(known === undefined ? {} : { "if-none-match": known }) };
    const answer = await send(url, one.path, { ...one, body: undefined!, headers });
    expect(answer.status).toBe(one.status);
    if (one.body !== undefined) expect(answer.bytes.toString()).toBe(one.body);
    expectHeaders(answer, one.answer);
  });

  test.each(problems!.map((one) => [one.name, one] as const))(
    "%s is a problem of the start",
    async (_, one) => {
      const source = `import { api, start } from "@twinloop/api";
export const hello = api({ expose: true, path: "/" }, async () => ({ ok: true }));
// Behind a function: what the compiler can read is refused when the app is built.
const given = () => (${one.options} as const);
await start({ banner: false, ...given() });
console.log("listening");
`;
      const app = await (await buildApp(source)).run();
      expect(app.output()).toContain(one.message);
      expect(app.output()).not.toContain("listening");
    },
  );
});
