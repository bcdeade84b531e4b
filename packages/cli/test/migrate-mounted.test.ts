import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AppFolder, REGISTER } from "./app-folder.ts";

let app: AppFolder;
afterEach(() => app?.remove());

const packageJson = (more: object = {}): string =>
  JSON.stringify({
    name: "old",
    scripts: { start: "node server.js" },
    dependencies: { express: "5.3.0", fastify: "5.12.8" },
    ...more,
  });

const ROUTES = `
app.use(express.json());
app.get("/hello", (req, res) => res.json({ hello: "Express" }));
app.post("/echo", (req, res) => res.status(201).json(req.body));
app.use((req, res) => res.status(404).send("lost"));
`;

async function migrate(framework: string): Promise<string> {
  const { stdout, stderr } = await app.twinloop("migrate-from", framework, "--write");
  return stdout + stderr;
}

const read = (name: string): string => readFileSync(join(app.root, name), "utf8");

async function answersAsBefore(url: string): Promise<void> {
  expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: "Express" });
  const echo = await fetch(`${url}/echo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":[1]}',
  });
  expect([echo.status, await echo.json()]).toEqual([201, { a: [1] }]);
  const lost = await fetch(`${url}/nothing`);
  expect([lost.status, await lost.text()]).toEqual([404, "lost"]);
}

test("a CommonJS app whose app.listen stands in another file answers as before, by the same command", async () => {
  app = new AppFolder({
    "package.json": packageJson(),
    "app.js": `"use strict";\nconst express = require("express");\nconst app = express();${ROUTES}module.exports = app;\n`,
    "server.js": `"use strict"\n// The server.\nconst app = require("./app")\nconst PORT = process.env.PORT || 3000\n\napp.listen(PORT, () => {\n  console.log("up")\n})\n`,
  });
  expect(await migrate("express")).toMatch(/server\.js:6 +`app` is mounted under \/!rest/);
  expect(read("server.js")).toContain(
    '"use strict"\n// The server.\nconst { api, start } = require("@twinloop/api")\n',
  );
  expect(read("app.js")).not.toContain("twinloop");
  const { url, output } = await app.start(["server.js"]);
  await answersAsBefore(url);
  await expect.poll(output).toContain("up");
  expect(await migrate("express")).toContain("migrated already");
});

test("an app of modules in TypeScript behind createServer is built and answers as before", async () => {
  app = new AppFolder({
    "package.json": packageJson({ type: "module" }),
    "src/index.ts": `import { createServer } from "node:http";\nimport express from "express";\n\nconst app = express();${ROUTES}\nexport default app;\nconst server = createServer(app);\nserver.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");\n`,
  });
  await migrate("express");
  expect(read("src/index.ts")).not.toContain("= createServer");
  expect(read("src/index.ts")).toContain(
    'void start({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });',
  );
  expect((await app.twinloop("build", "--out", "dist", "--no-types")).code).toBe(0);
  await answersAsBefore((await app.start(["dist/index.js"])).url);
});

test("names that the file has already are left to it", async () => {
  app = new AppFolder({
    "package.json": packageJson({ type: "module" }),
    "server.js": `import express from "express";\nconst app = express();\nconst api = express.Router();\napi.get("/", (req, res) => res.send("router"));\napp.use("/hi", api);\nfunction start() {\n  return app.listen(3000, (error) => { if (error) throw error; console.log("on"); });\n}\nstart();\n`,
  });
  await migrate("express");
  expect(read("server.js")).toContain(
    'import { api as apiTwinloop, start as startTwinloop } from "@twinloop/api";',
  );
  const { url, output } = await app.start(["server.js"], { PORT: "0" });
  expect(await (await fetch(`${url}/hi`)).text()).toBe("router");
  await expect.poll(output).toContain("on");
});

test("a server that is used elsewhere is named with its lines, and nothing is changed", async () => {
  const text = `import http from "node:http";\nimport express from "express";\nimport { Server } from "socket.io";\nconst app = express();\nconst server = http.createServer(app);\nconst io = new Server(server);\nserver.listen(3000);\n`;
  app = new AppFolder({ "package.json": packageJson({ type: "module" }), "server.js": text });
  const told = await migrate("express");
  expect(told).toMatch(/server\.js:7 +not mounted: the server `server` is used in line 6/);
  expect(told).not.toContain("migrated already");
  expect(read("server.js")).toBe(text);
});

test("what listen() gives, where it is used, and an app within a function of TypeScript are said with their lines", async () => {
  app = new AppFolder({
    "package.json": packageJson({ type: "module" }),
    "a.ts":
      'import express from "express";\nconst app = express();\nconst server = app.listen(1);\nprocess.on("SIGTERM", () => server.close());\n',
    "b.ts":
      'import express from "express";\nfunction main() {\n  const app = express();\n  app.listen(2);\n}\nmain();\n',
  });
  const told = await migrate("express");
  expect(told).toMatch(/a\.ts:3 +not mounted: what listen\(\) gives is used in line 4/);
  expect(told).toMatch(/a\.ts:4 +SIGTERM: /);
  expect(told).toMatch(/b\.ts:4 +not mounted: `app` is made within a function/);
});

test("an app that nothing starts is refused with what to do", async () => {
  app = new AppFolder({
    "package.json": packageJson({ scripts: { start: "fastify start app.js" } }),
    "app.js": "module.exports = async () => {};\n",
  });
  expect(await migrate("fastify")).toContain("the app is a plugin that `fastify start` loads");
  expect(await migrate("express")).toContain("call listen() on the app");
});

test.each(["js", "ts"])(
  "a Fastify app in .%s answers as before, and closes when the app stops",
  async (ending) => {
    app = new AppFolder({
      "package.json": packageJson({ type: "module" }),
      [`app.${ending}`]: `import Fastify from "fastify";\n\nconst server = Fastify();\nserver.get("/hello/:name", async (request${ending === "ts" ? ": { params: unknown }" : ""}) => ({ params: request.params }));\nserver.post("/echo", async (request, reply) => reply.code(201).send(request.body));\nserver.addHook("onClose", async () => console.log("closed"));\n\ntry {\n  const address = await server.listen({ port: 3000, host: "127.0.0.1" });\n  console.log("at " + address);\n} catch (error) {\n  server.log.error(error);\n  process.exit(1);\n}\n`,
    });
    await migrate("fastify");
    expect(read(`app.${ending}`)).toContain(
      'server.ready().then(() => start({ port: 3000, host: "127.0.0.1" })).then(({ url }) => url)',
    );
    expect(ending === "js" ? 0 : (await app.twinloop("build", "--no-types")).code).toBe(0);
    const { url, child, output } = await app.start(
      [...(ending === "js" ? [] : ["--import", REGISTER]), `app.${ending}`],
      { PORT: "0" },
    );
    expect(await (await fetch(`${url}/hello/you`)).json()).toEqual({ params: { name: "you" } });
    const echo = await fetch(`${url}/echo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "[1]",
    });
    expect([echo.status, await echo.json()]).toEqual([201, [1]]);
    await expect.poll(output).toContain(`at ${url}`);
    child.kill("SIGTERM");
    await expect.poll(output).toContain("closed");
  },
);
