import { afterEach, expect, test } from "vitest";
import { AppFolder } from "./app-folder.ts";

const apps: AppFolder[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.remove();
});

/** Runs JavaScript that no compiler has read, as plain Node does. */
async function run(text: string): Promise<string> {
  const app = new AppFolder({ "app.mjs": text });
  apps.push(app);
  const { code, stdout, stderr } = await app.run(["app.mjs"], { PUBSUB_URL: "memory:" });
  expect(code).toBe(1);
  return stdout + stderr;
}

test(
  "start() names every option that a declaration does not have, with the file",
  { timeout: 60_000 },
  async () => {
    const said = await run(`import { api, start } from "@twinloop/api";
import { Topic, Subscription } from "@twinloop/pubsub";
import { CronJob } from "@twinloop/cron";
const request = { "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) } };
const shared = JSON.parse('{ "expose": true, "tiemout": 5 }');
api({ ...shared, path: "/a", request }, () => 1);
api({ path: "/b", request, auth: true }, () => 1);
api({ path: "/c", request, method: "get" }, () => 1);
api.static({ path: "/*d", dir: ".", notFuond: "x" });
const topic = new Topic("t", { deliveryGarantee: "at-least-once", schema: request });
new Subscription(topic, "s", { handler: () => {}, retryPolicy: { maxRetires: 5 } });
new CronJob("c", { every: "1h", handler: () => {}, timezone: "UTC" });
await start({ prot: 1 });
`);
    for (const told of [
      /the endpoint \/a at \S*app\.mjs:6: there is no option tiemout/,
      "Did you mean timeout?",
      /the endpoint POST \/b at \S*app\.mjs:7 has auth, and the app has no auth handler/,
      "Declare an `authHandler`",
      /the endpoint \/c at \S*app\.mjs:8: method is "get"/,
      "the static files of /*d: there is no option notFuond",
      'The topic "t": there is no option deliveryGarantee',
      'The subscription "t/s": there is no option retryPolicy.maxRetires',
      'The cron job "c": there is no option timezone',
      "start(): there is no option prot",
    ])
      expect(said).toMatch(told);
  },
);

test.each([
  [
    "SQLDatabase",
    'new SQLDatabase("d", { maxConnection: 5 });',
    'The database "d": there is no option maxConnection. Did you mean maxConnections?',
  ],
  ["SQLDatabase", 'new SQLDatabase("d", { migrations: { pth: "." } });', "there is no option migrations.pth"],
  [
    "SQLDatabase",
    'new SQLDatabase("d", { connectionString: ["postgres://u:hunter2@h/d"] });',
    "connectionString is a list",
  ],
  ["secret", 'secret("S", { optionl: true });', 'The secret "S": there is no option optionl'],
  ["secret", 'secret("S", { optional: "no" });', 'optional is "no"'],
])("%s refuses at once: %s", { timeout: 60_000 }, async (name, line, told) => {
  const home = name === "secret" ? "secrets" : "sqldb";
  const said = await run(`import { ${name} } from "@twinloop/${home}";\n${line}\n`);
  expect(said).toContain(told);
  expect(said).toMatch(/app\.mjs:2/);
  if (line.includes("hunter2")) expect(said.replace(line, "")).not.toContain("hunter2");
});

test(
  "a pattern that the runtime cannot compile is told with its endpoint and value",
  { timeout: 60_000 },
  async () => {
    const text = `import { api, start } from "@twinloop/api";
export const a = api({ expose: true, path: "/a" }, async (_: { list: { title: string }[] }) => ({ n: 1 }));
await start({ port: 0 });
`;
    const app = new AppFolder({ "app.mjs": text.replace(/: \{ list: .*\[\] \}/, "") });
    apps.push(app);
    const types = [
      { kind: "string", patterns: ["^(?=x)y"] },
      { kind: "object", properties: [{ name: "title", type: 0, optional: false }], additional: null },
      { kind: "array", items: 1 },
      { kind: "object", properties: [{ name: "list", type: 2, optional: false }], additional: null },
    ];
    const place = {
      service: "shop",
      export: "a",
      file: "app.mjs",
      line: 2,
      methods: ["POST"],
      path: "/a",
      pathGiven: true,
      kind: "typed",
    };
    const endpoint = { ...place, request: { fields: [], body: 3, bodyOptional: false }, response: null };
    const inputs = { packages: {}, configuration: "", listing: "", declares: "" };
    const written = { version: 2, compiler: "0", sources: {}, inputs };
    const manifest = { ...written, types, endpoints: [endpoint], declarations: [] };
    app.write({ ".twinloop/manifest.json": JSON.stringify(manifest) });
    const { code, stderr, stdout } = await app.run(["app.mjs"]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("request.list[].title of shop.a (POST /a): bad pattern `^(?=x)y`");
    expect(stdout + stderr).not.toContain("types[");
  },
);

test.each([
  [
    "an endpoint",
    'import { api } from "@twinloop/api";\napi({ path: "/a" }, () => 1);\n',
    "the endpoints that it declares never ran",
  ],
  [
    "a cron job",
    'import { CronJob } from "@twinloop/cron";\nnew CronJob("c", { every: "1h", handler: () => {} });\n',
    "the cron jobs that",
  ],
  [
    "a started app",
    'import { api, start } from "@twinloop/api";\nconst app = await start({ port: 0, banner: false });\nawait app.stop();\n',
    null,
  ],
  ["a topic alone", 'import { Topic } from "@twinloop/pubsub";\nnew Topic("t", {});\n', null],
])(
  "a process that ends by itself says that it was never started: %s",
  { timeout: 60_000 },
  async (_, text, hint) => {
    const app = new AppFolder({ "app.mjs": text });
    apps.push(app);
    const { code, stdout, stderr } = await app.run(["app.mjs"], {
      VITEST: undefined as never,
      NODE_ENV: "development",
    });
    expect([code, stderr]).toEqual([0, ""]);
    if (hint === null) expect(stdout).not.toContain("without start()");
    else expect(stdout.split("the process ended without start()")).toHaveLength(2);
    if (hint !== null) expect(stdout).toContain(hint);
  },
);
