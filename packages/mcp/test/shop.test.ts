import { SQLDatabase } from "@twinloop/sqldb";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { AgentApp, type Agent } from "./agent.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NAME = `mcp_${process.pid}`;
const server = new SQLDatabase("server of the tests", { connectionString: SERVER });
const url = new URL(SERVER);
url.pathname = `/${NAME}`;
const ENV: NodeJS.ProcessEnv = {
  DATABASE_URL: url.href,
  PUBSUB_URL: "postgres:",
  StripeKey: "canary-of-stripe",
};

let app: AgentApp;
let agent: Agent;
let address: string;

beforeAll(async () => {
  await server.rawExec(`create database ${NAME} template template0`);
  app = new AgentApp("shop");
  address = await app.start(ENV);
  agent = await app.connect(ENV, "--url", address);
});

afterAll(async () => {
  await app.remove();
  await server.rawExec(`drop database ${NAME} with (force)`);
  await server.close();
});

test("endpoints are listed and described with their schemas", async () => {
  const { value } = await agent.ask("list_endpoints", { search: "item" });
  expect(value).toMatchObject([
    {
      endpoint: "shop.get",
      methods: ["GET"],
      path: "/items/:id",
      doc: "Gives one item.",
      at: "src/app.ts:17",
    },
    { endpoint: "shop.add", methods: ["POST"], path: "/items" },
  ]);
  const described = (await agent.ask("describe_endpoint", { endpoint: "GET /items/:id" })).value;
  expect(described.request.fields).toEqual([
    { name: "id", in: "path", wire: "id", required: true, schema: { type: "integer", minimum: 1 } },
    { name: "lang", in: "header", wire: "accept-language", required: false, schema: { type: "string" } },
  ]);
  expect(described.response.body).toEqual({ $ref: "#/$defs/Item" });
  const item = (await agent.ask("describe_type", { name: "Item" })).value;
  expect(item.$defs.Item).toEqual({
    type: "object",
    properties: {
      id: { type: "integer", minimum: 1 },
      title: { type: "string", maxLength: 20 },
      children: { type: "array", items: { $ref: "#/$defs/Item" } },
    },
    required: ["id", "title"],
  });
});

test("an endpoint is called, its input put where it belongs", async () => {
  const called = await agent.ask("call_endpoint", { endpoint: "shop.get", input: { id: 7, lang: "de" } });
  expect(called.value).toMatchObject({
    request: "GET /items/7",
    status: 200,
    body: { id: 7, title: "de paid" },
  });
  const added = await agent.ask("call_endpoint", { endpoint: "shop.add", input: { id: 1, title: "tea" } });
  expect(added.value).toMatchObject({ status: 200, body: { id: 1, title: "tea" } });
});

test("a refusal of the app is an answer, one of the network is an error with a next step", async () => {
  const refused = await agent.ask("call_endpoint", { endpoint: "shop.add", input: { id: "x" } });
  expect(refused).toMatchObject({
    isError: false,
    value: { status: 400, body: { code: "invalid_argument" } },
  });
  const away = await app.connect(ENV, "--url", "http://127.0.0.1:1");
  const lost = await away.ask("call_endpoint", { endpoint: "shop.get", input: { id: 1 } });
  expect(lost).toMatchObject({ isError: true, value: { code: "unavailable" } });
  expect(lost.value.next).toContain("twinloop dev");
});

test("an unknown endpoint and a field that is missing say what there is", async () => {
  const unknown = await agent.ask("describe_endpoint", { endpoint: "shop.nothing" });
  expect(unknown).toMatchObject({ isError: true, value: { code: "not_found" } });
  expect(unknown.value.next).toContain("shop.get");
  const missing = await agent.ask("call_endpoint", { endpoint: "shop.get" });
  expect(missing).toMatchObject({
    isError: true,
    value: { code: "invalid_argument", next: "Give input.id." },
  });
});

test.each([
  ["query_database", { sql: "select 1", limit: 5000 }, "invalid_argument", "limit: "],
  ["query_database", {}, "invalid_argument", "sql: "],
  ["list_endpoints", { servce: "shop" }, "invalid_argument", "servce"],
  ["list_dead_letters", { subscription: "sales" }, "invalid_argument", "topic/subscription"],
  ["drop_tables", {}, "not_found", "There is no tool drop_tables."],
])("%s of %j is refused with a code and a next step", async (tool, input, code, message) => {
  const { isError, value } = await agent.ask(tool, input);
  expect([isError, value]).toEqual([
    true,
    { code, message: expect.stringContaining(message), next: expect.any(String) },
  ]);
});

test("tables are listed, and rows read within bounds", async () => {
  const tables = (await agent.ask("list_tables")).value;
  expect(tables.rows.find(({ table }: any) => table === "items")).toMatchObject({
    columns: [
      { name: "id", type: "integer", nullable: false },
      { name: "title", type: "text" },
    ],
    constraints: expect.arrayContaining(["PRIMARY KEY (id)"]),
  });
  const rows = (
    await agent.ask("query_database", {
      sql: "select id, title from items where id <= $1 order by id",
      parameters: [5],
    })
  ).value;
  expect(rows).toMatchObject({ isCut: false, rows: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }] });
  const cut = (await agent.ask("query_database", { sql: "table items", limit: 3 })).value;
  expect(cut).toMatchObject({ isCut: true });
  expect(cut.rows).toHaveLength(3);
  const long = (await agent.ask("query_database", { sql: "select repeat('x', 9999) as long" })).value;
  expect(long.rows[0].long).toContain("… (9999 characters)");
});

test.each([
  ["a change", "delete from items", "invalid_argument"],
  ["a change behind a comment", "/* select */ delete from items", "invalid_argument"],
  ["a change within a query", "with gone as (delete from items returning *) select * from gone", "25006"],
  ["a change that is explained", "explain analyze delete from items", "25006"],
  ["several statements", "select 1; delete from items", "invalid_argument"],
  ["the end of the transaction", "commit", "invalid_argument"],
  ["a program of the server", "copy (select 1) to program 'true'", "invalid_argument"],
  ["a file of the server", "select pg_read_file('/etc/passwd')", "42501"],
  ["a way out of read-only", "select set_config('transaction_read_only', 'off', false)", "invalid_argument"],
  ["a statement within a text", "select query_to_xml('select 1', true, true, '')", "invalid_argument"],
  ["a change of a sequence", "select nextval('items_seq')", "42P01"],
  ["a wait", "select pg_sleep(60)", "57014"],
  ["a table that there is not", "select * from nothing", "42P01"],
])("%s is refused by the database's tool", async (_what, sql, code) => {
  const answer = await agent.ask("query_database", { sql });
  expect(answer).toMatchObject({ isError: true, value: { code } });
  expect(
    (await agent.ask("query_database", { sql: "select count(*)::int4 as n from items" })).value.rows,
  ).toEqual([{ n: 150 }]);
});

test.each([
  ["NODE_ENV is production", { NODE_ENV: "production" }],
  ["the server is another machine", { DATABASE_URL: "postgres://u:secret-word@db.example.com/main" }],
])("no database is read where %s, unless it is allowed", async (_why, env) => {
  const away = await app.connect({ ...ENV, ...env });
  const refused = await away.ask("query_database", { sql: "select 1" });
  expect(refused).toMatchObject({ isError: true, value: { code: "permission_denied" } });
  expect(JSON.stringify(refused)).not.toContain("secret-word");
});

test("with --any-database production is read, as read-only as development", async () => {
  const allowed = await app.connect({ ...ENV, NODE_ENV: "production" }, "--any-database");
  expect((await allowed.ask("query_database", { sql: "select 1 as one" })).value.rows).toEqual([{ one: 1 }]);
  const changed = await allowed.ask("query_database", {
    sql: "with x as (delete from items returning 1) table x",
  });
  expect(changed.value.code).toBe("25006");
});

test("topics, counts and dead letters are told", async () => {
  await agent.ask("call_endpoint", { endpoint: "shop.sell", input: { item: 3, fails: true } });
  await vi.waitFor(async () => {
    const { value } = await agent.ask("list_dead_letters", { subscription: "sales/count" });
    expect(JSON.stringify(value)).toContain("no luck");
  }, 20_000);
  const { value } = await agent.ask("list_topics", { counts: true });
  expect(value.topics.topics).toMatchObject([{ topic: "sales" }]);
  expect(JSON.stringify(value.counts)).toContain('"dead":1');
  expect(await agent.ask("list_dead_letters", { subscription: "sales/none" })).toMatchObject({
    isError: true,
  });
});

test("cron jobs are told with their runs", async () => {
  const { value } = await agent.ask("list_cron_jobs");
  expect(value.jobs).toMatchObject([{ job: "report", due: "every 1h", failures: 0 }]);
  expect((await agent.ask("cron_history", { job: "report" })).value).toEqual([]);
});

test("secrets are told by name, and no tool tells a value", async () => {
  const secrets = await agent.ask("list_secrets");
  expect(secrets.value).toMatchObject([{ name: "StripeKey", optional: true }]);
  const environment = await agent.ask("environment");
  expect(environment.value.variables).toContainEqual(
    expect.objectContaining({ name: "DATABASE_URL_MAIN", isSet: true, value: null }),
  );
  for (const { value } of [secrets, environment]) expect(JSON.stringify(value)).not.toContain("canary");
});

test("what is wrong with the sources is told with its place", async () => {
  expect((await agent.ask("check_app")).value).toMatchObject({ isClean: true, problems: [] });
  const broken =
    'import { api } from "@twinloop/api";\nexport const odd = api({ path: "/odd" }, async (x: { f: () => void }) => x);\n';
  writeFileSync(join(app.root, "src/odd.ts"), broken);
  const { value } = await agent.ask("check_app");
  writeFileSync(join(app.root, "src/odd.ts"), "");
  expect(value.isClean).toBe(false);
  expect(value.problems).toContainEqual(
    expect.objectContaining({ file: "src/odd.ts", line: 2, code: "type_not_json" }),
  );
});

test("the documentation is searched and read", async () => {
  const found = (await agent.ask("search_docs", { query: "dead letters redrive" })).value;
  expect(found.map(({ page }: any) => page)).toContain("@twinloop/pubsub");
  expect((await agent.ask("read_doc", { page: "AGENTS.md" })).value).toContain("what an agent must know");
  expect(await agent.ask("read_doc", { page: "@twinloop/none" })).toMatchObject({
    isError: true,
    value: { code: "not_found" },
  });
});

test("resources and prompts are there", async () => {
  const { resources } = await agent.client.listResources();
  const uris = resources.map(({ uri }) => uri);
  expect(uris).toEqual(expect.arrayContaining(["twinloop://manifest", "twinloop://docs/@twinloop/api"]));
  const [manifest] = (await agent.client.readResource({ uri: "twinloop://manifest" })).contents;
  expect(JSON.parse((manifest as { text: string }).text)).toMatchObject({ version: 2 });
  const [page] = (await agent.client.readResource({ uri: "twinloop://docs/@twinloop/api" })).contents;
  expect((page as { text: string }).text).toContain("# @twinloop/api");
  const { messages } = await agent.client.getPrompt({
    name: "add-endpoint",
    arguments: { purpose: "a search" },
  });
  expect(messages[0]?.content).toMatchObject({ text: expect.stringContaining("a search") });
});

test("stdout carries the protocol alone, whatever the packages log", () => {
  expect(agent.problems).toEqual([]);
});

test("every tool says what it does, and what it takes", async () => {
  const { tools } = await agent.client.listTools();
  expect(tools.length).toBeGreaterThan(12);
  for (const { description, inputSchema, annotations, name } of tools) {
    expect(description!.length).toBeGreaterThan(40);
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
    expect(annotations?.readOnlyHint).toBe(name !== "call_endpoint");
  }
});
