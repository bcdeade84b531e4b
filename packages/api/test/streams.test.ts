import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";
import { StreamClient } from "./stream-client.ts";

/** One step of a client; `contract/cases/api/streams.json` says what each means. */
interface Step {
  readonly in?: string;
  readonly inBytes?: string;
  readonly inRepeat?: [string, number];
  readonly out?: string;
  readonly outBytes?: string;
  readonly outRepeat?: [string, number];
  readonly outCode?: string;
  readonly outCount?: number;
  readonly close?: [number, string];
  readonly closed?: [number, string];
  readonly terminate?: true;
  readonly without?: string;
}

interface Case {
  readonly name: string;
  readonly call: string;
  readonly handler: string;
  readonly options?: string;
  readonly expose?: boolean;
  readonly path?: string;
  readonly ask?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: string[];
  readonly protocol?: string;
  readonly deflate?: boolean;
  readonly extensions?: string;
  readonly status?: number;
  readonly code?: string;
  readonly steps?: readonly Step[];
  readonly worked?: number;
}

const contract = new URL("../../../contract/cases/api/streams.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

const PRELUDE = `
import { api, APIError, start, type Cookie, type Header, type Query, type MinLen } from "@twinloop/api";
const done = new Map<number, number>();
export const work = api({ expose: true, method: "GET", path: "/worked" }, async (): Promise<Record<string, number>> => Object.fromEntries(done));
`;

function declare({ call, handler, options = "", expose = true, path = "" }: Case, index: number): string {
  return `const worked${index} = (by = 1) => done.set(${index}, (done.get(${index}) ?? 0) + by);
export const c${index} = api.${call}({ expose: ${expose}, path: "/c${index}${path}"${options && `, ${options}`} }, ${handler.replaceAll("worked(", `worked${index}(`)});
`;
}

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
])("streams in %s", (_name, env: Record<string, string>) => {
  let built: BuiltApp;
  let app: AppProcess;
  const atEnd: (() => void)[] = [];

  beforeAll(async () => {
    const start = `const app = await start({ banner: false });\nconsole.log("listening " + app.url);\n`;
    built = await buildApp(PRELUDE + cases.map(declare).join("") + start, (end) => atEnd.push(end));
    app = await built.run(env);
  }, 120_000);
  afterAll(() => atEnd.reverse().forEach((end) => end()));

  test.each(cases.map((one, index) => [one.name, one, index] as const))("%s", async (_title, one, index) => {
    const client = new StreamClient(`${app.url.replace("http", "ws")}/c${index}${one.ask ?? ""}`, {
      headers: one.headers,
      protocols: one.protocols,
      deflate: one.deflate,
    });
    if (one.status !== undefined) {
      const { status, body } = await client.refusal();
      expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([one.status, one.code]);
      expect(body).not.toContain("secret");
    } else {
      await client.opened();
      if (one.protocol !== undefined) expect(client.protocol).toBe(one.protocol);
      if (one.extensions !== undefined) expect(client.extensions).toBe(one.extensions);
      for (const step of one.steps ?? []) await play(client, step);
      await client.end();
    }
    if (env["WORKERS"] === undefined || one.worked === undefined) {
      await vi.waitFor(async () => {
        const worked = (await (await fetch(`${app.url}/worked`)).json()) as Record<string, number>;
        expect(worked[index] ?? 0).toBe(one.worked ?? 0);
      });
    }
  });
});

async function play(client: StreamClient, step: Step): Promise<void> {
  if (step.in !== undefined) client.send(step.in);
  if (step.inBytes !== undefined) client.send(Buffer.from(step.inBytes, "hex"));
  if (step.inRepeat !== undefined) client.send(JSON.stringify(step.inRepeat[0].repeat(step.inRepeat[1])));
  if (step.out !== undefined) expect(await client.receive()).toBe(step.out);
  if (step.outBytes !== undefined) expect(await client.receive()).toEqual(Buffer.from(step.outBytes, "hex"));
  if (step.outRepeat !== undefined)
    expect((await client.receive()) === JSON.stringify(step.outRepeat[0].repeat(step.outRepeat[1]))).toBe(
      true,
    );
  if (step.outCode !== undefined)
    expect(JSON.parse(String(await client.receive()))).toMatchObject({
      code: step.outCode,
      details: { issues: [{}] },
    });
  for (let n = 0; n < (step.outCount ?? 0); n++) expect(await client.receive()).toBe(String(n));
  if (step.close !== undefined) client.close(...step.close);
  if (step.terminate) client.terminate();
  if (step.closed === undefined) return;
  const { code, reason } = await client.closed();
  expect({ code, reason: reason.slice(0, step.closed[1].length) }).toEqual({
    code: step.closed[0],
    reason: step.closed[1],
  });
  if (step.without !== undefined) expect(reason).not.toContain(step.without);
}
