import { Readable } from "node:stream";
import { ApolloServer, HeaderMap } from "@apollo/server";
import { ApolloServerPluginDrainHttpServer } from "@apollo/server/plugin/drainHttpServer";
import { expressMiddleware } from "@as-integrations/express5";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { GraphQLError } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";

// One Apollo server by its Express middleware, and by the function that its integrations are made of.

// oxlint-disable-next-line typescript/no-explicit-any -- Express brings no types
const express: any = createRequire(import.meta.url)("express");

interface Caller {
  readonly user: string | undefined;
}

const links: string[] = [];

const typeDefs = `#graphql
  type Link { slug: ID!, url: String! }
  type Query { link(slug: ID!): Link, me: String, broken: String, secret: String }
  type Mutation { add(url: String!): Int! }
`;

const resolvers = {
  Query: {
    link: (_: unknown, { slug }: { slug: string }) =>
      slug === "none" ? null : { slug, url: `https://a.test/${slug}` },
    me: (_: unknown, __: unknown, { user }: Caller) => user,
    broken: () => {
      throw new Error("broken on purpose");
    },
    secret: () => {
      throw new GraphQLError("who are you", {
        extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
      });
    },
  },
  Mutation: { add: (_: unknown, { url }: { url: string }) => links.push(url) },
};

/** An integration as Apollo teaches to write one, in fetch style. */
function fetchHandler(server: ApolloServer<Caller>): (request: Request) => Promise<Response> {
  return async (request) => {
    const headers = new HeaderMap(request.headers);
    const isJSON = /^application\/json\b/.test(headers.get("content-type") ?? "");
    const answer = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers,
        search: new URL(request.url).search,
        body: isJSON ? await request.json() : "",
      },
      context: async () => ({ user: headers.get("x-user") }),
    });
    const body =
      answer.body.kind === "complete"
        ? answer.body.string
        : (Readable.toWeb(Readable.from(answer.body.asyncIterator)) as globalThis.ReadableStream);
    return new Response(body, { status: answer.status ?? 200, headers: [...answer.headers] });
  };
}

let url = "";
let server: ApolloServer<Caller>;

beforeAll(async () => {
  const drain = ApolloServerPluginDrainHttpServer({ httpServer: createServer() });
  server = new ApolloServer<Caller>({
    typeDefs,
    resolvers,
    introspection: true,
    plugins: [drain],
    allowBatchedHttpRequests: true,
  });
  await server.start();
  const app = express();
  const context = async ({ req }: { req: { get(name: string): string | undefined } }): Promise<Caller> => ({
    user: req.get("x-user"),
  });
  app.use("/express", express.json(), expressMiddleware(server, { context: context as never }));
  api.raw({ expose: true, method: "*", path: "/express/!rest" }, app);
  api.raw({ expose: true, method: "*", path: "/fetch/!rest" }, fetchHandler(server));
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(async () => {
  await stop();
  await server.stop();
});

describe.each(["/express/graphql", "/fetch/graphql"])("an Apollo server at %s", (path) => {
  const ask = (query: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(typeof query === "string" ? { query } : query),
    });

  test("answers queries with variables, and mutations", async () => {
    const response = await ask({
      query: "query($s: ID!) { link(slug: $s) { slug url } }",
      variables: { s: "é\n" },
    });
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toEqual({ data: { link: { slug: "é\n", url: "https://a.test/é\n" } } });
    expect(await (await ask('mutation { add(url: "a") }')).json()).toEqual({ data: { add: links.length } });
  });

  test("answers a batch", async () => {
    const batch = ["1", "none"].map((slug) => ({ query: `{ link(slug: "${slug}") { slug } }` }));
    expect(await (await ask(batch)).json()).toEqual([
      { data: { link: { slug: "1" } } },
      { data: { link: null } },
    ]);
  });

  test("answers GET, and keeps forged forms out", async () => {
    const query = encodeURIComponent('{ link(slug: "1") { slug } }');
    const asked = `${url}${path}?query=${query}`;
    expect(await (await fetch(asked, { headers: { "apollo-require-preflight": "1" } })).json()).toEqual({
      data: { link: { slug: "1" } },
    });
    expect((await fetch(asked, { headers: { "content-type": "text/plain" } })).status).toBe(400);
    const mutation = `${url}${path}?query=${encodeURIComponent('mutation { add(url: "a") }')}`;
    const refused = await fetch(mutation, { headers: { "apollo-require-preflight": "1" } });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("tells what is wrong in its own words", async () => {
    const misspelt = await ask("{ lnk }");
    expect(misspelt.status).toBe(400);
    expect(await misspelt.json()).toMatchObject({
      errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
    const broken = await ask("{ broken }");
    expect(broken.status).toBe(200);
    expect(await broken.json()).toMatchObject({
      data: { broken: null },
      errors: [{ message: "broken on purpose" }],
    });
    expect((await ask("{ secret }")).status).toBe(401);
  });

  test("makes its context of the request, and knows its schema", async () => {
    expect(await (await ask("{ me }", { "x-user": "ada" })).json()).toEqual({ data: { me: "ada" } });
    expect(await (await ask("{ __schema { queryType { name } } }")).json()).toEqual({
      data: { __schema: { queryType: { name: "Query" } } },
    });
  });

  test("answers a large query and a large answer", async () => {
    const parts = Array.from({ length: 1_000 }, (_, n) => `n${n}: link(slug: "${n}") { url }`);
    const { data } = (await (await ask(`{ ${parts.join("\n")} }`)).json()) as {
      data: Record<string, unknown>;
    };
    expect(Object.keys(data)).toHaveLength(1_000);
  });
});

test("its page for browsers is sent by the middleware", async () => {
  const page = await fetch(`${url}/express/graphql`, { headers: { accept: "text/html" } });
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toMatch(/^text\/html/);
  expect(await page.text()).toContain("<!DOCTYPE html>");
});
