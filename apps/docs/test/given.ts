/**
 * What a reader of a page has already: imports and values that a program uses and does not repeat. By the program's name;
 * nothing here may be declared of a Twinloop package but by an import.
 */
export const GIVEN: Readonly<Record<string, string>> = {
  "api-2": `import type { RawHandler } from "@twinloop/api";
    declare function express(): RawHandler;
    declare function verify(body: ArrayBuffer): Promise<string>;`,
  "api-6": `interface Credentials { user: string; password: string }
    declare function check(user: string, password: string): Promise<void>;`,
  "api-7": `declare const sessions: { find(id: string): Promise<{ userID: string; role: string } | null> };
    declare function linksOf(user: string): Promise<{ links: string[] }>;`,
  "api-8": `declare const mail: { ping(options: { signal: AbortSignal }): Promise<void> };`,
  "api-10": `declare const shop: { cert: string; key: string };`,
  "api-12": `declare function nextCount(last: number, signal: AbortSignal): Promise<{ id: number; clicks: number }>;`,
  "api-13": `declare function handler(): Promise<void>;`,
  "api.ts-1": `import { api } from "@twinloop/api";`,
  "api.ts-2": `import { setInterval } from "node:timers/promises";
    import { api } from "@twinloop/api";`,
  "auth-handler.ts-1": `import { authHandler, Gateway, type Cookie } from "@twinloop/api";
    declare const sessions: { find(id: string): Promise<{ userID: string } | null> };`,
  "connect.ts-1": `import { connect, createClient } from "@twinloop/client";
    const client = createClient("https://api.example.com");
    declare function show(text: string): void;`,
  "create-client.ts-1": `import { createClient } from "@twinloop/client";`,
  "declare-stream.ts-1": `import { api } from "@twinloop/api";
    interface Say { text: string }
    interface Heard { room: string; text: string }`,
  "declare-stream.ts-2": `import { api } from "@twinloop/api";`,
  "declare-stream.ts-3": `import { setInterval } from "node:timers/promises";
    import { api } from "@twinloop/api";`,
  "form.ts-1": `import { api, type Form, type IsEmail } from "@twinloop/api";`,
  "form.ts-2": `import { randomUUID } from "node:crypto";
    import { api, type Multipart, type UploadedFile } from "@twinloop/api";`,
  "middleware.ts-1": `import { middleware } from "@twinloop/api";`,
  "raw.ts-1": `import { api, type RawHandler } from "@twinloop/api";
    declare function express(): RawHandler;
    declare function verify(body: ArrayBuffer): Promise<string>;`,
  "compiler-1": `declare function watch(files: Iterable<string>, changed: (file: string) => void): void;
    declare function show(result: unknown): void;`,
  "migrate-from-2": `declare function users(req: unknown, res: unknown): void;`,
  "migrate-from-3": `declare const users: { has(email: string): Promise<boolean>; add(user: object): Promise<{ id: number }> };`,
  "migrate-from-6": `declare const users: { get(id: string): Promise<{ name: string }> };
    declare function verify(token: string): Promise<{ userID: string } | null>;`,
  "migrations-2": `import type { Connection } from "@twinloop/migrations";
    declare const client: Connection;`,
  "pubsub-2": `import { Topic } from "@twinloop/pubsub";
    declare const expect: (value: unknown) => { toHaveLength(length: number): void };
    declare function shorten(request: { url: string }): Promise<unknown>;
    const clicks = new Topic<{ slug: string }>("clicks", { deliveryGuarantee: "at-least-once" });`,
  "secrets-1": `declare function charge(key: string): Promise<void>;`,
  "secrets-2": `import { defineSecretProvider } from "@twinloop/secrets";
    declare function readFromVault(names: readonly string[], signal: AbortSignal): Promise<Record<string, string>>;`,
  "secrets-3": `import { secret } from "@twinloop/secrets";
    import { SQLDatabase } from "@twinloop/sqldb";`,
  "sqldb-1": `type Link = { id: string; url: string };
    declare const [id, owner, column, url]: [string, string, string, string];
    declare function use(row: unknown): void;`,
  "sqldb-2": `import { api, type Query } from "@twinloop/api";
import type { RowsAnswer, SQLDatabase } from "@twinloop/sqldb";
type Link = { id: string; url: string; createdAt: Date };
declare const db: SQLDatabase;`,
  "sqldb-3": `import { SQLDatabase } from "@twinloop/sqldb";
    declare const db: SQLDatabase;
    declare const source: AsyncIterable<Buffer>;`,
  "sqldb-4": `import type { SQLDatabase } from "@twinloop/sqldb";
    import { prismaAdapter } from "@twinloop/prisma";
    import { PrismaClient } from "./generated/client.ts";
    declare const db: SQLDatabase;
    interface Pool { end(): Promise<void> }
    interface Tables { link: { id: number } }
    declare function drizzle(options: { client: Pool }): unknown;
    declare class Kysely<T> { readonly tables: T; constructor(options: { dialect: PostgresDialect }); }
    declare class PostgresDialect { constructor(options: { pool: Pool }); }`,
  "sqldb-5": `import { secret } from "@twinloop/secrets";
    import { SQLDatabase } from "@twinloop/sqldb";
    const password = secret("DbPassword");`,
};

/** Files that programs import beside the packages, and that a reader has or generates. */
export const FILES: Readonly<Record<string, string>> = {
  "app.ts": `import { api, TextBody, type BytesBody, type Form, type Header, type Multipart, type Query, type UploadedFile } from "@twinloop/api";
    const at = new Date();
    export const find = api({ expose: true, method: "GET", path: "/links/:slug" }, async ({ slug }: { slug: string }) => ({ slug, createdAt: at, visits: 1n }));
    export const add = api({ expose: true, method: "POST", path: "/links" }, async ({ url }: { url: string }) => ({ url }));
    export const list = api({ expose: true, method: "GET", path: "/links" }, async ({ limit }: { limit?: Query<number> }) => ({ limit }));
    interface Place { id: number; at: Date; dry?: Query<boolean>; key: Header<"X-Key"> }
    export const place = api({ expose: true, method: "PUT", path: "/places/:id" }, async ({ id }: Place) => ({ id }));
    export const signIn = api({ expose: true, method: "POST", path: "/sign-in" }, async (_: Form<{ user: string; password: string }>) => {});
    export const photo = api({ expose: true, method: "POST", path: "/photos/:album" }, async (_: Multipart<{ album: string; file: UploadedFile }>) => {});
    export const blob = api({ expose: true, method: "PUT", path: "/blobs/:id" }, async (_: { id: string; data: BytesBody }) => {});
    export const note = api({ expose: true, method: "POST", path: "/note" }, async (given: TextBody) => new TextBody(given.text));
    export const clicks = api.sse({ expose: true, path: "/clicks" }, async function* (_: void) { yield { id: 1, data: { count: 1 } }; });
    export const hello = api<{ name: string }, { hello: string }>({ expose: true, method: "GET", path: "/hello/:name" }, async ({ name }) => ({ hello: name }));
    export const chat = api.streamInOut<{ room: string }, { text: string }, { room: string; text: string }>({ expose: true, path: "/chat/:room" }, async () => {});\n`,
  "express.d.ts": `declare module "express" {
    type Handler = (req: any, res: any, next: any) => unknown;
    interface App { (req: any, res: any): unknown; use(...given: unknown[]): App }
    const express: { (): App; json(): Handler };
    export default express;
  }\n`,
  "links.ts": `import type { Callable } from "@twinloop/api";
    import type { Topic } from "@twinloop/pubsub";
    export declare const shorten: Callable<{ url: string }, { slug: string }>;
    export declare const stats: Callable<{ slug: string }, { clicks: number }>;
    export declare const clicks: Topic<{ slug: string }>;\n`,
  "vitest.d.ts": `declare module "vitest" {
    interface Matchers { toBe(value: unknown): void; toHaveLength(length: number): void; toMatchObject(value: object): void }
    interface Rejected { toMatchObject(value: object): Promise<void> }
    export function expect(value: unknown): Matchers & { readonly rejects: Rejected };
    export function test(name: string, run: () => Promise<void>): void;
    export function beforeAll(run: () => Promise<void>): void;
    export function afterAll(run: () => Promise<void>): void;
  }
  declare module "vitest/config" {
    export function defineConfig(config: { plugins: readonly unknown[] }): object;
  }\n`,
  "generated/client.ts": `export declare class PrismaClient {
    readonly link: { findMany(query: object): Promise<unknown[]> };
    constructor(options: { adapter: { readonly provider: string } });
  }\n`,
};
