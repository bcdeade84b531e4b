import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

/** One error, and what its caller gets; `contract/cases/api/errors.json` says what each member means. */
interface Case {
  readonly name: string;
  readonly app: string;
  readonly handler?: string;
  readonly options?: string;
  readonly method?: string;
  readonly ask?: string;
  readonly path?: string;
  readonly request?: string;
  readonly type?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body?: object;
  readonly text?: string;
  readonly log?: string;
}

const contract = JSON.parse(
  readFileSync(new URL("../../../contract/cases/api/errors.json", import.meta.url), "utf8"),
) as { apps: Record<string, string>; shape: string; cases: readonly Case[] };

const PRELUDE = `
import { z } from "zod";
import { api, APIError, ErrCode, start, type ErrorFunction } from "@twinloop/api";
const shape: ErrorFunction = ${contract.shape};
void [z, ErrCode, APIError, shape];
`;

function declare({ handler, options = "", method = "GET" }: Case, index: number): string {
  if (handler === undefined) return "";
  const given = `expose: true, method: "${method}", path: "/c${index}"${options && `, ${options}`}`;
  return `export const c${index} = api({ ${given} }, ${handler});\n`;
}

async function ask(url: string, one: Case, index: number): Promise<Response> {
  const {
    method = "GET",
    ask: asked = method,
    path = `/c${index}`,
    request,
    type = "application/json",
  } = one;
  const body = request === undefined ? {} : { headers: { "content-type": type }, body: request };
  return fetch(`${url}${path}`, { method: asked, ...body });
}

describe.each(Object.keys(contract.apps))("with the options `%s`", (name) => {
  const cases = contract.cases.map((one, index) => ({ ...one, index })).filter(({ app }) => app === name);
  let app: AppProcess;
  const ends: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    const source = contract.cases.map((one, index) => (one.app === name ? declare(one, index) : "")).join("");
    const begin = `const app = await start(${contract.apps[name]});\nconsole.log("listening " + app.url);\n`;
    const built = await buildApp(PRELUDE + source + begin, (end) => void ends.push(end));
    app = await built.run();
  }, 90_000);

  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  test.each(cases)("$name", async (one) => {
    const response = await ask(app.url, one, one.index);
    const text = await response.text();
    expect(response.status, text).toBe(one.status);
    for (const [header, value] of Object.entries(one.headers)) {
      expect(response.headers.get(header), header).toBe(value);
    }
    const id = response.headers.get("x-request-id")!;
    if (one.body !== undefined) {
      const filled = JSON.stringify(one.body).replaceAll("<id>", id).replaceAll("<index>", String(one.index));
      expect(JSON.parse(text)).toMatchObject(JSON.parse(filled) as object);
    }
    if (one.text !== undefined) expect(text).toBe(one.text);
    if (one.log !== undefined) {
      await vi.waitFor(() => expect(app.output()).toContain(one.log));
    }
    expect(app.output()).not.toContain("c=d");
  });
});
