import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

/** One handler, and what its caller gets; `contract/cases/api/responses.json` says what each means. */
interface Case {
  readonly name: string;
  readonly handler: string;
  readonly typeArguments?: string;
  readonly options?: string;
  readonly method?: string;
  readonly path?: string;
  /** The method that is asked with, where it is not the declared one. */
  readonly ask?: string;
  readonly request?: unknown;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly log?: Readonly<Record<string, string>>;
  readonly worked?: boolean;
}

const contract = new URL("../../../contract/cases/api/responses.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

const PRELUDE = `
import { z } from "zod";
import { writeFileSync } from "node:fs";
import {
  api, APIError, CSV, file, HTML, HttpStatus, redirect, start, TextBody,
  type FileBody, type Header, type Redirect, type SetCookie,
} from "@twinloop/api";
writeFileSync(new URL("../src/note.txt", import.meta.url), "a note");
enum Colour { Red = "red", Blue = "blue" }
class Money {
  #cents: number;
  constructor(cents: number) { this.#cents = cents; }
  toJSON() { return (this.#cents / 100).toFixed(2); }
}
class Row {
  dataValues: { a: number };
  constructor(a: number) { this.dataValues = { a }; }
  toJSON() { return { ...this.dataValues }; }
}
const worked = new Set<number>();
export const list = api({ expose: true, method: "GET", path: "/worked" }, async () => [...worked]);
`;

function declare(one: Case, index: number): string {
  const { handler, typeArguments = "", options = "", method = "GET", path = "" } = one;
  const given = `expose: true, method: "${method}", path: "/c${index}${path}"${options && `, ${options}`}`;
  return `const works${index} = (..._: unknown[]) => worked.add(${index});
export const c${index} = api${typeArguments}({ ${given} }, ${handler.replaceAll("works(", `works${index}(`)});
`;
}

function ask(
  url: string,
  { method = "GET", ask: asked = method, path = "", request, requestHeaders = {} }: Case,
  index: number,
) {
  const body =
    request === undefined
      ? { headers: requestHeaders }
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
  return fetch(`${url}/c${index}${path.replace(":id", "7")}`, { method: asked, redirect: "manual", ...body });
}

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
] as const)("%s, built manifest, plain node", (kind, env) => {
  let app: AppProcess;

  beforeAll(async () => {
    app = await (await buildAll()).run(env);
    if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  });

  test.each(cases.map((one, index) => [one.name, one, index] as const))("%s", async (_, one, index) => {
    const answer = await ask(app.url, one, index);
    const { status, headers } = answer;
    const expected = Object.fromEntries(Object.keys(one.headers).map((name) => [name, headers.get(name)]));
    expect({ status, body: await answer.text(), headers: expected }).toEqual({
      status: one.status,
      body: one.body,
      headers: one.headers,
    });
    if (one.worked && kind === "one isolate") {
      expect(await (await fetch(`${app.url}/worked`)).json()).toContain(index);
    }
    if (one.log === undefined) return;
    const line = { method: one.method ?? "GET", path: `/c${index}`, ...one.log };
    await vi.waitFor(() => expect(logged(app, index)).toMatchObject(line), { timeout: 5_000 });
  });
});

function logged({ output }: AppProcess, index: number): object {
  const lines = output()
    .split("\n")
    .filter((line) => line.includes("do not retry blindly"));
  const found = lines
    .map((line) => JSON.parse(line) as { endpoint: string })
    .find(({ endpoint }) => endpoint.endsWith(`.c${index}`));
  return found ?? {};
}

const undo: (() => void)[] = [];

afterAll(() => undo.reverse().forEach((step) => step()));

let built: Promise<BuiltApp> | undefined;

function buildAll(): Promise<BuiltApp> {
  const source = `${PRELUDE}${cases.map(declare).join("")}const app = await start({ banner: false });\nconsole.log("listening " + app.url);\n`;
  return (built ??= buildApp(source, (step) => undo.push(step)));
}
