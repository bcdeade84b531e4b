import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { openMarket, type Market, type Project } from "./consumer.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

let market: Market;
let maker: Project;
const running: ChildProcess[] = [];

beforeAll(async () => {
  market = await openMarket();
  const file = market.packages.find(({ manifest }) => manifest["name"] === "create-twinloop")!.file;
  maker = await market.makeProject([file]);
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "close");
  }
});

afterAll(() => market?.close());

/** No server of the tests: an app has what it brings along. */
const OWN: NodeJS.ProcessEnv = { DATABASE_URL: "", PUBSUB_URL: "", CI: "1", NO_COLOR: "1" };

/** Makes an app with the packed command, and installs it. */
async function makeApp(
  name: string,
  template: string,
  surroundings: NodeJS.ProcessEnv = {},
  ...more: readonly string[]
): Promise<Project> {
  const env = { ...OWN, ...market.registryEnvironment, ...surroundings };
  await maker.run("npx", ["create-twinloop", name, "--template", template, "--no-git", ...more], env);
  const app = maker.within(name);
  return { ...app, run: (program, args, own) => app.run(program, args, { ...env, ...own }) };
}

/** Starts what was built, by plain Node, and waits for its address. */
async function startBuilt(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, ["--enable-source-maps", "dist/app.js"], {
    cwd: folder,
    env: { ...process.env, TWINLOOP_ADDON: "", NODE_ENV: "", PORT: "0", LOG_FORMAT: "json", ...OWN, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let output = "";
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += String(chunk);
      const url = /"http":"([^"]+)"/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("close", (code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
}

async function call(url: string, method: string, path: string, body?: unknown): Promise<[number, any]> {
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(new URL(path, url), { method, ...(body === undefined ? {} : json) });
  const text = await answer.text();
  return [answer.status, text.startsWith("{") ? JSON.parse(text) : text];
}

/** What each template answers when it is called well, and when it is not. */
const CALLS: Readonly<Record<string, (url: string) => Promise<void>>> = {
  minimal: async (url) => {
    expect(await call(url, "GET", "/greetings/you")).toEqual([200, { text: "Hello, you!" }]);
    expect(await call(url, "GET", "/greetings/you?times=1.5")).toMatchObject([
      400,
      { code: "invalid_argument" },
    ]);
  },
  rest: async (url) => {
    const [status, task] = await call(url, "POST", "/tasks", { title: "water" });
    expect([status, task]).toMatchObject([201, { title: "water", done: false }]);
    expect(await call(url, "GET", `/tasks/${task.id}`)).toEqual([200, task]);
    expect(await call(url, "POST", "/tasks", { title: 7 })).toMatchObject([
      400,
      { code: "invalid_argument" },
    ]);
    expect(await call(url, "GET", "/tasks/999999999")).toMatchObject([404, { code: "not_found" }]);
  },
  messages: async (url) => {
    const [status, { id }] = await call(url, "POST", "/orders", { item: "tea", count: 2 });
    expect(status).toBe(202);
    const state = async (): Promise<unknown> => (await call(url, "GET", `/orders/${id}`))[1].state;
    await vi.waitFor(async () => expect(await state()).toBe("fulfilled"), 20_000);
    expect(await call(url, "POST", "/orders", { item: "tea" })).toMatchObject([
      400,
      { code: "invalid_argument" },
    ]);
  },
  "full-stack": async (url) => {
    await CALLS["rest"]!(url);
    expect((await call(url, "GET", "/"))[1]).toContain("/page.js");
    expect((await call(url, "GET", "/page.js"))[1]).toContain("/tasks");
  },
};

test.each(Object.keys(CALLS))(
  "an app of %s is checked, tested, built, and answers under plain Node",
  async (template) => {
    const app = await makeApp(template, template);
    expect(await app.run("npm", ["run", "check"])).toContain("no problems");
    expect(await app.run("npm", ["test"])).toMatch(/Test Files .*passed/);
    await app.run("npm", ["run", "build"]);
    await CALLS[template]!(await startBuilt(app.folder, {}));
    const text = readFileSync(join(app.folder, "AGENTS.md"), "utf8");
    expect(text).not.toContain("{{");
    for (const [, path] of text.matchAll(/`(node_modules\/[^`]+)`/g))
      expect(existsSync(join(app.folder, path!))).toBe(true);
  },
);

test("`dev` of a new app shows the dashboard, without a further install", async () => {
  const app = await makeApp("looked-at", "minimal");
  const program = join(app.folder, "node_modules/@twinloop/cli/dist/main.js");
  const env = { ...process.env, TWINLOOP_ADDON: "", NODE_ENV: "", PORT: "0", ...OWN };
  const child = spawn(process.execPath, [program, "dev"], {
    cwd: app.folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  const address = (): string => {
    const found = /^dashboard +(\S+)$/m.exec(output)?.[1];
    if (found === undefined) throw new Error(`There is no dashboard yet:\n${output}`);
    return found;
  };
  const [status, page] = await call(await vi.waitFor(address, 120_000), "GET", "/");
  expect(status).toBe(200);
  expect(page).toContain("<!doctype html>");
});

/** Asks the server of an app for AI agents, message by message, and gives its answers by their ids. */
async function askAgentServer(folder: string, messages: readonly object[]): Promise<Map<number, any>> {
  const program = join(folder, "node_modules/@twinloop/cli/dist/main.js");
  const env = { ...process.env, TWINLOOP_ADDON: "", NODE_ENV: "", ...OWN };
  const child = spawn(process.execPath, [program, "mcp"], {
    cwd: folder,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.push(child);
  const answers = new Map<number, any>();
  const wanted = messages.filter((message) => "id" in message).length;
  for (const message of messages) child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  for await (const line of createInterface(child.stdout)) {
    const answer = JSON.parse(line);
    answers.set(answer.id, answer.result);
    if (answers.size === wanted) child.stdin.end();
  }
  return answers;
}

test("an app with @twinloop/mcp tells an agent of itself, on the PostgreSQL that it brings along", async () => {
  const app = await makeApp("agent", "rest");
  await app.run("npm", ["install", "--save-dev", "@twinloop/mcp"]);
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  };
  const tool = (id: number, name: string, input: object = {}): object => {
    return { id, method: "tools/call", params: { name, arguments: input } };
  };
  const answers = await askAgentServer(app.folder, [
    { id: 1, method: "initialize", params },
    { method: "notifications/initialized" },
    tool(2, "list_endpoints"),
    tool(3, "query_database", { sql: "select 6 * 7 as answer" }),
    tool(4, "check_app"),
    tool(5, "search_docs", { query: "migrations" }),
    tool(6, "list_cron_jobs"),
  ]);
  const text = (id: number): string => answers.get(id).content[0].text;
  expect(answers.get(1).serverInfo).toMatchObject({ name: "twinloop" });
  expect(text(2)).toContain("agent.add");
  expect(JSON.parse(text(3))).toEqual({ rows: [{ answer: 42 }], isCut: false });
  expect(JSON.parse(text(4))).toMatchObject({ isClean: true });
  expect(text(5)).toContain("@twinloop/migrations");
  expect(JSON.parse(text(6))).toMatchObject({
    code: "failed_precondition",
    message: "The app has no @twinloop/cron.",
  });
});

/** The steps of a Dockerfile, as this machine can do them: a folder for each stage, in place of images. */
async function runDockerfile(app: Project, env: NodeJS.ProcessEnv): Promise<string> {
  const stages: Project[] = [];
  for (const line of readFileSync(join(app.folder, "Dockerfile"), "utf8").split("\n")) {
    const [, word, rest = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (word === "FROM") stages.push(await market.makeProject([]));
    if (word === "RUN") await stage!.run("sh", ["-c", rest], { ...market.registryEnvironment, ...env });
    if (word === "COPY") copy(rest, stages, app.folder);
  }
  return stages.at(-1)!.folder;
}

function copy(line: string, stages: readonly Project[], context: string): void {
  const words = line.split(" ").filter((word) => !word.startsWith("--"));
  const isBuilt = line.startsWith("--from=build");
  const target = join(stages.at(-1)!.folder, words.at(-1)!);
  for (const source of words.slice(0, -1)) {
    const from = isBuilt ? join(stages[0]!.folder, source.replace("/app/", "")) : join(context, source);
    const to =
      words.length > 2 || words.at(-1)!.endsWith("/") ? join(target, source.split("/").at(-1)!) : target;
    mkdirSync(dirname(to), { recursive: true });
    const isKept = (path: string): boolean => !/node_modules|\.twinloop$|dist$/.test(path.slice(from.length));
    cpSync(from, source === "." ? target : to, {
      recursive: true,
      filter: (path) => isBuilt || isKept(path),
    });
  }
}

test("the steps of the Dockerfile make what production runs", async () => {
  // With pnpm, whose lock file holds also where the registry has not every platform's build of a package.
  const tool = await market.makeProject(["pnpm@12.21.0"]);
  const env = {
    npm_config_prefix: tool.folder,
    PATH: `${tool.folder}/node_modules/.bin:${process.env["PATH"]}`,
  };
  const app = await makeApp("image", "full-stack", env, "--pm", "pnpm");
  const image = await runDockerfile(app, env);
  expect(existsSync(join(image, "node_modules/vitest"))).toBe(false);
  expect(existsSync(join(image, "src"))).toBe(false);
  const production = { NODE_ENV: "production", HOST: "127.0.0.1" };
  await expect(startBuilt(image, production)).rejects.toThrow("DATABASE_URL");
  const DATABASE_URL = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
  const url = await startBuilt(image, { ...production, DATABASE_URL });
  await CALLS["full-stack"]!(url);
  const probe = /CMD \["node", "-e", "(.*)"\]/.exec(
    readFileSync(join(app.folder, "Dockerfile"), "utf8"),
  )![1]!;
  await app.run("node", ["-e", probe], { PORT: new URL(url).port });
  await expect(app.run("node", ["-e", probe], { PORT: "1" })).rejects.toThrow("ended with 1");
});

/** Whether the registry has builds of the compiler's dependencies for other platforms than this. */
async function hasEveryBuild(): Promise<boolean> {
  const compiler = market.packages.find(({ manifest }) => manifest["name"] === "@twinloop/compiler")!;
  const version = (compiler.manifest["dependencies"] as Record<string, string>)["oxc-transform"]!;
  const asked = ["darwin-arm64", "win32-x64-msvc"].map(
    (build) => `@oxc-transform/binding-${build}@${version}`,
  );
  const found = asked.map((name) => maker.run("npm", ["view", name, "version"]).catch(() => ""));
  return (await Promise.all(found)).every((text) => text.includes(version));
}

/** pnpm, and with `FULL=1` the others as well: npm is what all else here is done with. */
const MANAGERS = [
  ["pnpm", "pnpm@12.21.0", "pnpm-lock.yaml"],
  ["yarn", "yarn@1.22.22", "yarn.lock"],
  ["yarn", "@yarnpkg/cli-dist@4.18.1", "yarn.lock"],
  ["bun", "bun@1.4.5", "bun.lock"],
] as const;

test.for(process.env["FULL"] ? MANAGERS : MANAGERS.slice(0, 1))(
  "%s (%s) installs, checks, tests and builds an app",
  async ([manager, version, lock], context) => {
    // Yarn resolves the builds of all platforms; a registry that is a mirror may lack some.
    if (manager === "yarn" && !(await hasEveryBuild()))
      context.skip("the registry lacks builds for other platforms");
    const tool = await market.makeProject([version]);
    const PATH = `${join(tool.folder, "node_modules/.bin")}:${process.env["PATH"]}`;
    const name = version.replaceAll(/\W+/g, "-").replace(/^-/, "");
    const app = await makeApp(name, "rest", { PATH }, "--pm", manager);
    expect(existsSync(join(app.folder, lock))).toBe(true);
    expect(await app.run(manager, ["run", "check"])).toContain("no problems");
    expect(await app.run(manager, ["run", "test"])).toMatch(/Test Files .*passed/);
    await app.run(manager, ["run", "build"]);
    await CALLS["rest"]!(await startBuilt(app.folder, {}));
    rmSync(app.folder, { recursive: true });
  },
);

test("without network the app is whole, and the command says how to go on", async () => {
  const nowhere = "http://127.0.0.1:1/";
  const env = {
    npm_config_registry: nowhere,
    "npm_config_@twinloop:registry": nowhere,
    npm_config_fetch_retries: "0",
  };
  const command = join(maker.folder, "node_modules/create-twinloop/dist/main.js");
  const made = maker.run("node", [command, "offline", "--yes"], { ...OWN, ...env });
  await expect(made).rejects.toThrow(/ended with 1:[^]*is whole, but its packages are not installed/);
  expect(existsSync(join(maker.folder, "offline/src/app.ts"))).toBe(true);
});
