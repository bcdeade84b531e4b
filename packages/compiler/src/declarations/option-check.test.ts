import { expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const prelude = `import { api, start } from "@twinloop/api";
import { Topic, Subscription } from "@twinloop/pubsub";
import { CronJob } from "@twinloop/cron";
import { SQLDatabase } from "@twinloop/sqldb";
import { secret } from "@twinloop/secrets";
const handler = async (): Promise<{ n: number }> => ({ n: 1 });
const topic = new Topic<{ n: number }>("t");
declare const text: string;
`;

/** What is said of one declaration: code, message and hint. */
function told(call: string): string[] {
  const { problems } = readApp(`${prelude}export const it = ${call};\n`);
  return problems.map(({ code, message, hint = "", line }) => `${line} ${code}: ${message} | ${hint}`);
}

/** The options of each declaration that a misspelt name is tried in. */
const declarations: readonly (readonly [what: string, call: (options: string) => string])[] = [
  ["api", (options) => `api({ path: "/a", ${options} }, handler)`],
  ["api.sse", (options) => `api.sse({ path: "/a", ${options} }, async function* () { yield { data: 1 }; })`],
  ["api.static", (options) => `api.static({ path: "/*a", dir: ".", ${options} })`],
  ["SQLDatabase", (options) => `new SQLDatabase("d", { ${options} })`],
  ["Topic", (options) => `new Topic<{ n: number }>("t2", { ${options} })`],
  ["Subscription", (options) => `new Subscription(topic, "s", { handler: async () => {}, ${options} })`],
  ["CronJob", (options) => `new CronJob("c", { every: "1h", handler: () => {}, ${options} })`],
  ["secret", (options) => `secret("S", { ${options} })`],
  ["start", (options) => `await start({ ${options} })`],
];

test.each(declarations)("%s refuses a name that none of its options has", (what, call) => {
  const [problem, ...others] = told(call("zzz: 1"));
  expect(problem).toContain(`9 option_unknown: \`${what}\` has no option \`zzz\` | Its options are \``);
  expect(others).toEqual([]);
});

test.each(declarations)("%s without further options is well", (_, call) => {
  expect(told(call(""))).toEqual([]);
});

test.each([
  ["api", "tiemout: 5", "timeout"],
  ["api", "bodylimit: 5", "bodyLimit"],
  ["api", "expos: true", "expose"],
  ["api", "methd: 'GET'", "method"],
  ["api.sse", "tmeout: 5", "timeout"],
  ["api.static", "notFuond: 'a.html'", "notFound"],
  ["SQLDatabase", "migration: './m'", "migrations"],
  ["SQLDatabase", "maxConnection: 5", "maxConnections"],
  ["Topic", "deliveryGarantee: 'at-least-once'", "deliveryGuarantee"],
  ["Subscription", "maxConcurency: 5", "maxConcurrency"],
  ["Subscription", "retryPolicy: { maxRetires: 3 }", "retryPolicy.maxRetries"],
  ["CronJob", "timezone: 'UTC'", "timeZone"],
  ["CronJob", "retryPolicy: { minBackof: '1s' }", "retryPolicy.minBackoff"],
  ["secret", "optionl: true", "optional"],
  ["start", "prot: 1", "port"],
  ["start", "health: { redy: false }", "health.ready"],
])("%s with %s asks whether %s was meant", (what, options, meant) => {
  const call = declarations.find(([name]) => name === what)![1];
  expect(told(call(options))).toEqual([expect.stringContaining(`| Did you mean \`${meant}\`?`)]);
});

test.each([
  ["api", "method: 'get'", 'found "get" | Write `"GET"`.'],
  ["api", "method: ['GET', 'post']", 'found "post" | Write `"POST"`.'],
  ["api", "method: 'FETCH'", 'found "FETCH"'],
  ["api", "method: []", "`method` names no method"],
  ["api", "method: 5", "found 5"],
  ["api", "expose: 'yes'", '`expose` must be true or false, found "yes"'],
  ["api", "expose: text", "`expose` must be true or false, found a string"],
  ["api", "timeout: '5 sec'", 'found "5 sec"'],
  ["api", "timeout: 0", "`timeout` is 0, which is not from 1ms"],
  ["api", "timeout: '0s'", '`timeout` is "0s", which is not from 1ms'],
  ["api", "cors: 'all'", "`cors` must be"],
  ["api", "cors: { allowOrigins: ['*'] }", "has no option `cors.allowOrigins`"],
  ["api", "compression: { minBytes: -1 }", "`compression.minBytes` is -1"],
  ["api", "compression: { encodings: ['deflate'] }", 'found "deflate"'],
  ["api", "rateLimit: { limit: 0, window: '1m' }", "`rateLimit.limit` is 0"],
  ["api", "rateLimit: { limit: 1, window: '2d' }", "`rateLimit.window`"],
  ["api", "rateLimit: { limit: 1 }", "needs the option `rateLimit.window`"],
  ["api", "securityHeaders: { frameOptions: 'ALLOW' }", 'found "ALLOW"'],
  ["api", "etag: 'weak'", "`etag` must be true or false"],
  ["api", "bodyLimit: '1mb'", '`bodyLimit` must be a number or null, found "1mb"'],
  ["api", "bodyLimit: -1", "`bodyLimit` is -1"],
  ["api", "bodyLimit: 0.5 * 3", "`bodyLimit` is 1.5"],
  ["api", "sensitive: 1", "`sensitive` must be true or false, found 1"],
  ["api", "tags: 'a'", '`tags` must be a list, found "a"'],
  ["api", "tags: ['a', 1]", "`tags` must be a text, found 1"],
  ["api", "request: 'x'", "`request` must be"],
  ["api.static", "dir: 5", "`dir` must be a text, found 5"],
  ["api.static", "notFoundStatus: 500", "`notFoundStatus` must be `200` or `404`, found 500"],
  ["api.static", "headers: { a: 1 }", "`headers.a` must be a text, found 1"],
  ["SQLDatabase", "maxConnections: 0", "`maxConnections` is 0"],
  ["SQLDatabase", "queryTimeout: '5s'", "`queryTimeout` must be a number"],
  ["SQLDatabase", "bigint: 'text'", "`bigint` must be"],
  ["SQLDatabase", "migrations: 5", "`migrations` must be a text or an object, found 5"],
  ["SQLDatabase", "migrations: { source: 'prisma' }", "`SQLDatabase` needs the option `migrations.path`"],
  ["Topic", "deliveryGuarantee: 'once'", 'found "once"'],
  ["Topic", "orderingAttribute: 5", "found 5"],
  ["Topic", "maxMessageBytes: 0", "`maxMessageBytes` is 0"],
  [
    "Subscription",
    "ackDeadline: '5 sec'",
    '`ackDeadline` must be a number of milliseconds or a text such as `"5s"`, found "5 sec"',
  ],
  ["Subscription", "handler: 'x'", "`handler` must be a function"],
  ["Subscription", "retryPolicy: { maxRetries: 'x' }", "`retryPolicy.maxRetries` must be a number"],
  ["Subscription", "retryPolicy: 5", "`retryPolicy` must be an object, found 5"],
  ["CronJob", "overlap: 'never'", 'found "never"'],
  ["CronJob", "jitter: true", "`jitter` must be a number of milliseconds or a text"],
  ["secret", "optional: 'no'", "`optional` must be true or false"],
  ["start", "port: '80'", '`port` must be a number, found "80"'],
  ["start", "port: 70_000", "`port` is 70000, which is not a whole number from 0 to 65535"],
  ["start", "workers: 0", "`workers` is 0"],
  [
    "start",
    "shutdownTimeout: 'soon'",
    '`shutdownTimeout` must be a number of milliseconds or a text such as `"5s"`',
  ],
  [
    "api",
    "cors: { allowOriginsWithCredentials: ['app.example.com'] }",
    '`cors.allowOriginsWithCredentials` is "app.example.com", which is no origin',
  ],
  ["api", "cors: { allowOriginsWithCredentials: ['*'] }", "which is no origin of its own"],
  ["api", "cors: { allowOriginsWithCredentials: ['https://*'] }", "which is no origin of its own"],
  ["api", "cors: { allowOriginsWithoutCredentials: ['https://a.example/'] }", "which is no origin"],
  ["start", "signals: 'no'", "`signals` must be true or false"],
  ["start", "shutdownTimeout: '-5s'", '`shutdownTimeout` is "-5s", which is no duration'],
  ["start", "health: { stallTimeout: '2d' }", '`health.stallTimeout` is "2d", which is not from 0 to 1d'],
  ["api", "timeout: NaN", "found NaN"],
  ["api", "bodyLimit: Infinity", "found Infinity"],
  ["Subscription", "ackDeadline: '-5s'", '`ackDeadline` is "-5s", which is no duration'],
  ["Subscription", "ackDeadline: '500ms'", '`ackDeadline` is "500ms", which is not from 1s'],
  ["Subscription", "timeout: '1e3s'", '`timeout` is "1e3s", which is no duration'],
  ["Subscription", "timeout: 0", "`timeout` is 0, which is not from 1ms"],
  [
    "Subscription",
    "retryPolicy: { minBackoff: '10s', maxBackoff: '1s' }",
    "`retryPolicy.minBackoff` is longer than `retryPolicy.maxBackoff`",
  ],
  [
    "Topic",
    "orderingAttribute: 'n', priorities: true",
    "`orderingAttribute` and `priorities` exclude each other",
  ],
  ["Topic", "priorities: 9", "`priorities` must be"],
  ["CronJob", "timeout: '8d'", '`timeout` is "8d", which is not from 1ms to 7d'],
  ["CronJob", "jitter: '-1s'", '`jitter` is "-1s", which is no duration'],
])("%s refuses %s", (what, options, message) => {
  const call = declarations.find(([name]) => name === what)![1];
  expect(told(call(options)).filter((line) => line.includes(message))).toHaveLength(1);
});

test.each([
  [
    "api",
    "method: ['GET', 'HEAD'], expose: true, bodyLimit: null, timeout: 5 * 1000, tags: ['a'], sensitive: false",
  ],
  ["api", "method: '*', timeout: undefined, bodyLimit: Number(process.env.LIMIT)"],
  ["api.static", "headers: { 'cache-control': 'no-store' }, notFoundStatus: 200"],
  ["SQLDatabase", "migrations: './m', connectionString: () => text, bigint: 'number'"],
  ["SQLDatabase", "migrations: { path: './m' }, connectionString: text"],
  ["Topic", "orderingAttribute: 'n', deliveryGuarantee: 'exactly-once'"],
  ["Topic", "orderingAttribute: 'n', priorities: false"],
  ["Subscription", "ackDeadline: '30s', timeout: 5, retryPolicy: { maxRetries: -1, minBackoff: '1m30s' }"],
  ["CronJob", "overlap: 'queue', jitter: '1m', retryPolicy: { maxRetries: 0 }"],
  ["secret", "optional: true"],
  ["start", "port: 0, health: false, shutdownTimeout: '1m', workers: 2"],
])("%s takes %s", (what, options) => {
  const call = declarations.find(([name]) => name === what)![1];
  expect(told(call(options))).toEqual([]);
});

test.each([
  ["api", "bodyLimit: '10mb'", "Write a whole number of bytes from 0, such as 10485760 for 10 MiB."],
  ["api", "bodyLimit: -1", "Write a whole number of bytes from 0, such as 10485760 for 10 MiB."],
  ["Topic", "maxMessageBytes: '1kb'", "Write a whole number of bytes from 1 to 67108864, such as 10485760"],
  [
    "SQLDatabase",
    "queryTimeout: '5s'",
    "Write a whole number of milliseconds from 0 to 2147483647, such as 5000",
  ],
  [
    "Subscription",
    "ackDeadline: '5 sec'",
    'Write milliseconds as a number, or a text such as "500ms", "30s"',
  ],
  [
    "start",
    "limits: { bufferedBodyBytes: '16kb' }",
    "Write a whole number of bytes from 65536, such as 10485760",
  ],
])("%s with %s is told the unit", (what, options, hint) => {
  const call = declarations.find(([name]) => name === what)![1];
  expect(told(call(options))).toEqual([expect.stringContaining(`| ${hint}`)]);
});

test("a connection string of another kind of database is refused, and not shown", () => {
  const call = (url: string): string => `new SQLDatabase("d", { connectionString: "${url}" })`;
  expect(told(call("mysql://me:hunter2@db/shop"))).toEqual([
    expect.stringMatching(
      /^9 option_invalid: `connectionString` is no URL of PostgreSQL \| Write postgres:\/\/user:password@host:5432\/database/,
    ),
  ]);
  for (const url of ["postgres://me@db/shop", "postgresql://db", "host=db dbname=shop", "embedded:"]) {
    expect(told(call(url))).toEqual([]);
  }
});

test("options are read through constants, spreads, and shorthand", () => {
  const { problems } = readApp(`${prelude}
const shared = { expose: true, tiemout: 3 };
const bodyLimit = "1mb";
export const a = api({ ...shared, path: "/a", bodyLimit }, handler);
const whole = { path: "/b", metod: "GET" } as const;
export const b = api(whole, handler);
`);
  expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
    "10 `api` has no option `tiemout`",
    expect.stringMatching(/^12 `bodyLimit` must be a number or null/),
    "13 `api` has no option `metod`",
  ]);
});

test("options that only the run can tell are left to it, but whom an endpoint lets in must be told", () => {
  const spread = "...(JSON.parse(text) as object), path: '/a', method: 'GET'";
  expect(told(`api({ ${spread}, auth: false }, handler)`)).toEqual([]);
  expect(told(`api({ ${spread} }, handler)`)).toEqual([
    expect.stringContaining("`auth` cannot be read at build time"),
  ]);
});

test.each(["a b", "1a", "a/b", "x".repeat(129)])("a secret cannot be named %j", (name) => {
  expect(told(`secret(${JSON.stringify(name)})`)).toEqual([expect.stringContaining("cannot name a secret")]);
});

test("a folder that is not there is told with its declaration, and keeps nothing from being built", () => {
  const { problems, warnings } = readApp(`${prelude}
export const db = new SQLDatabase("d", { migrations: "./nowhere" });
api.static({ path: "/*file", dir: "./neither" });
start();
`);
  expect(problems).toEqual([]);
  expect(warnings.map(({ line, code, message }) => [line, code, message])).toEqual([
    [10, "folder_missing", expect.stringContaining("The migrations of `d`: there is no folder `./nowhere`")],
    [11, "folder_missing", expect.stringContaining("The files of `/*file`: there is no folder `./neither`")],
  ]);
});

test("origins of every form that the runtime takes are let through", () => {
  const named = [
    "https://a.example",
    "http://localhost:3000",
    "http://localhost:*",
    "https://*.a.example:8443",
  ];
  const any = [...named, "*", "null", "https://*", "app://shell"];
  const cors = { allowOriginsWithCredentials: named, allowOriginsWithoutCredentials: any };
  expect(told(`api({ path: "/a", cors: ${JSON.stringify(cors)} }, handler)`)).toEqual([]);
});

test("a group of options of which none is given is told by its names", () => {
  const hint = "Give it one of them.";
  expect(told('new CronJob("c", { handler: () => {} })')).toEqual([
    `9 option_invalid: \`CronJob\` needs the option \`every\` or \`schedule\` | ${hint}`,
  ]);
  expect(told('new CronJob("c", { title: "t" })')).toEqual([
    `9 option_invalid: \`CronJob\` needs the option \`every\` or \`schedule\` | ${hint}`,
    `9 option_invalid: \`CronJob\` needs the option \`handler\` or \`endpoint\` | ${hint}`,
  ]);
});

test("of a group of options only one may be given", () => {
  const hint = "Give it one of them.";
  expect(told('new CronJob("c", { every: "1h", schedule: "@daily", handler: () => {} })')).toEqual([
    `9 option_invalid: \`CronJob\` has both \`every\` and \`schedule\` | ${hint}`,
  ]);
  const both = "handler: () => {}, batchHandler: () => {}";
  expect(told(`new Subscription(topic, "s", { ${both} })`)).toEqual([
    `9 option_invalid: \`Subscription\` has both \`handler\` and \`batchHandler\` | ${hint}`,
  ]);
  expect(told('new Subscription(topic, "s", { maxConcurrency: 2 })')).toEqual([
    `9 option_invalid: \`Subscription\` needs the option \`handler\` or \`batchHandler\` | ${hint}`,
  ]);
});

test("an option that means nothing without another one is told", () => {
  expect(told('new Subscription(topic, "s", { handler: () => {}, maxBatchWait: "1s" })')).toEqual([
    "9 option_invalid: `maxBatchWait` means nothing without `batchHandler` | Add `batchHandler`, or remove `maxBatchWait`.",
  ]);
  expect(told('new Subscription(topic, "s", { batchHandler: () => {}, maxBatchWait: "1s" })')).toEqual([]);
});

test("of two numbers the lesser one may not be the greater one", () => {
  const batch = (options: string): string[] =>
    told(`new Subscription(topic, "s", { batchHandler: async () => {}, ${options} })`);
  expect(batch("maxBatchSize: 20, maxConcurrency: 10")).toEqual([
    "9 option_invalid: `maxBatchSize` is greater than `maxConcurrency` | Make `maxConcurrency` at least as large.",
  ]);
  expect(batch("maxBatchSize: 10, maxConcurrency: 10")).toEqual([]);
});

test("options that the outer declaration rules out are told, with what it has", () => {
  const within = (guarantee: string, options: string): string[] =>
    told(
      `new Subscription(outer, "s", { ${options} });\nconst outer = new Topic<{ n: number }>("o", { deliveryGuarantee: "${guarantee}" })`,
    );
  expect(within("exactly-once", "batchHandler: async () => {}")).toEqual([
    '9 option_invalid: `batchHandler` cannot be used here, where `deliveryGuarantee` is `"exactly-once"` | Use `handler`, or the guarantee `at-least-once` with statements that may run twice.',
  ]);
  expect(within("exactly-once", 'handler: async () => {}, keepResults: "1h"')).toEqual([
    '9 option_invalid: `keepResults` cannot be used here, where `deliveryGuarantee` is `"exactly-once"` | Write the result in `ctx.tx`, or use the guarantee `at-least-once`.',
  ]);
  expect(within("at-least-once", "batchHandler: async () => {}")).toEqual([]);
  const both = 'batchHandler: async () => {}, keepResults: "1h"';
  expect(within("at-least-once", both)).toEqual([
    "9 option_invalid: `batchHandler` and `keepResults` exclude each other | Leave one of them out.",
  ]);
});

test("a place in a history is told where the topic keeps none, and a history where the topic has an order", () => {
  const within = (options: string, from = '"first"'): string[] =>
    told(
      `new Subscription(outer, "s", { handler: () => {}, from: ${from} });\nconst outer = new Topic<{ n: number }>("o"${options})`,
    );
  const none =
    '9 option_invalid: `from` means nothing here, where `history` is not given | Give the topic `history`, such as `{ maxAge: "7d" }`.';
  expect(within("")).toEqual([none]);
  expect(within(", { maxMessageBytes: 10 }")).toEqual([none]);
  expect(within(", { ...unknown() }")).toEqual([]);
  expect(within(', { history: { maxAge: "7d" } }')).toEqual([]);
  for (const from of ["{ offset: 7 }", '{ time: "2026-01-31" }', "{ time: new Date() }"]) {
    expect(within(', { history: { maxAge: "7d" } }', from)).toEqual([]);
  }
  expect(within(', { history: { maxAge: "7d" } }', "{ ofset: 7 }")[0]).toContain(
    "Did you mean `from.offset`?",
  );
  expect(within(', { history: { maxAge: "7d" }, orderingAttribute: "n" }')[0]).toContain(
    "`history` and `orderingAttribute`",
  );
});

test.each([
  ['every: "7h"', '`every` is "7h", which is no part of 1d that leaves no rest'],
  ['every: "2d"', '`every` is "2d", which is no part of 1d that leaves no rest'],
  ['every: "10ms"', '`every` is "10ms", which is not from 1s'],
  ['schedule: "* * *"', '`schedule` is "* * *", which is no pattern of five or six fields'],
  [
    'schedule: "0 4 * * *", timeZone: "Europe/Atlantis"',
    '`timeZone` is "Europe/Atlantis", which is no time zone',
  ],
])("a cron job with %s is told", (options, message) => {
  expect(told(`new CronJob("c", { handler: () => {}, ${options} })`)).toEqual([
    expect.stringContaining(`9 option_invalid: ${message} |`),
  ]);
});

test.each([
  'every: "6h"',
  'schedule: "@daily", timeZone: "Europe/Berlin"',
  'schedule: "*/5 0 4 * * MON-FRI"',
])("a cron job with %s is well", (options) => {
  expect(told(`new CronJob("c", { handler: () => {}, ${options} })`)).toEqual([]);
});

test("the value of an option that depends on type arguments is left to TypeScript", () => {
  const filter = "filter: { n: [1, { gt: 2 }] }";
  expect(told(`new Subscription(topic, "s", { handler: () => {}, ${filter} })`)).toEqual([]);
});
