import { SQLDatabase } from "@twinloop/sqldb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { AgentApp, type Agent } from "./agent.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NAME = `mcp_traces_${process.pid}`;
const server = new SQLDatabase("server of the tests", { connectionString: SERVER });
const url = new URL(SERVER);
url.pathname = `/${NAME}`;
const ENV: NodeJS.ProcessEnv = { DATABASE_URL: url.href, PUBSUB_URL: "postgres:", ADMIN_PORT: "" };

let app: AgentApp;
let agent: Agent;

beforeAll(async () => {
  await server.rawExec(`create database ${NAME} template template0`);
  app = new AgentApp("shop");
  agent = await app.connect(ENV);
});

afterAll(async () => {
  await app.remove();
  await server.rawExec(`drop database ${NAME} with (force)`);
  await server.close();
});

test("without a running app an agent is told what to run", async () => {
  for (const tool of ["list_traces", "list_logs"]) {
    const { isError, value } = await agent.ask(tool);
    expect([isError, value.code]).toEqual([true, "failed_precondition"]);
    expect(value.next).toContain("@twinloop/cli dev");
  }
});

test("what a call has done is found by its trace, up to the subscriber that failed", async () => {
  await app.start(ENV);
  // `dev` tells of the app a moment after it is ready.
  await vi.waitFor(async () => expect((await agent.ask("list_traces")).isError).toBe(false), 20_000);
  const input = { item: 3, fails: true };
  const called = (await agent.ask("call_endpoint", { endpoint: "shop.sell", input })).value;
  expect(called).toMatchObject({ status: 200, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  const { traceId } = called;
  const shown = await vi.waitFor(async () => {
    const { value } = await agent.ask("get_trace", { traceId });
    const names = value.spans.map(({ name }: any) => name);
    expect(names).toEqual(expect.arrayContaining(["POST /sales", "handler", "send sales"]));
    expect(names).toContainEqual(expect.stringMatching(/^process .*count$/));
    return value;
  }, 20_000);
  const [first] = shown.spans;
  expect(first).toMatchObject({ name: "POST /sales", kind: "server", startMs: 0 });
  expect(first.attributes).toMatchObject({ "http.request.method": "POST", "http.response.status_code": 200 });
  const failed = shown.spans.find(({ name }: any) => name.startsWith("process"));
  expect(failed).toMatchObject({ kind: "consumer", status: "error" });
  expect(shown.lines.map(({ message }: any) => message).join()).toMatch(/sales|POST/);
});

test("traces and lines are listed by what is asked for", async () => {
  await agent.ask("call_endpoint", { endpoint: "shop.get", input: { id: 404 } });
  await vi.waitFor(async () => {
    const { traces } = (await agent.ask("list_traces", { text: "GET /items" })).value;
    expect(traces).toMatchObject([{ name: "GET /items/:id", kind: "request", statusCode: 404 }]);
  });
  const { traces: slow } = (await agent.ask("list_traces", { minMs: 3_600_000 })).value;
  expect(slow).toEqual([]);
  const { traces: failed } = (await agent.ask("list_traces", { errors: true })).value;
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every(({ status }: any) => status === "error")).toBe(true);
  const { lines } = (await agent.ask("list_logs", { level: "error", limit: 5 })).value;
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every(({ level }: any) => level === "error" || level === "fatal")).toBe(true);
});

test.each([
  ["get_trace", { traceId: "x" }, "invalid_argument"],
  ["get_trace", { traceId: "f".repeat(32) }, "not_found"],
  ["list_traces", { error: true }, "invalid_argument"],
  ["list_logs", { level: "loud" }, "invalid_argument"],
])("%s of %j is refused", async (tool, input, code) => {
  const { isError, value } = await agent.ask(tool, input);
  expect([isError, value]).toEqual([true, expect.objectContaining({ code, next: expect.any(String) })]);
});

test("an admin server that is not there is told with what to run", async () => {
  const away = await app.connect(ENV, "--admin-url", "http://127.0.0.1:1");
  const { isError, value } = await away.ask("list_traces");
  expect([isError, value.code]).toEqual([true, "unavailable"]);
  expect(value.next).toContain("@twinloop/cli dev");
});
