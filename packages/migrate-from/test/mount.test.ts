import { expect, test } from "vitest";
import { migrate } from "./migrate-folder.ts";

const RAW = 'api.raw({ expose: true, method: "*", path: "/!rest", bodyLimit: null, timeout: null }, app);';

test.each([
  ["a number", "app.listen(3000);", 'void start({ port: 3000, host: "0.0.0.0" });'],
  ["nothing", "app.listen();", 'void start({ host: "0.0.0.0" });'],
  ["PORT, which start() reads", "app.listen(process.env.PORT);", 'void start({ host: "0.0.0.0" });'],
  [
    "a text",
    'app.listen("8080", "::1", 511, done);',
    'void start({ port: Number("8080"), host: "::1" }).then(() => done());',
  ],
  [
    "an object",
    "app.listen({ port, host: HOST, backlog: 5 });",
    "void start({ port: Number(port), host: HOST });",
  ],
  [
    "a callback of one parameter",
    "app.listen(1, (e) => { if (e) throw e; });",
    'void start({ port: 1, host: "0.0.0.0" }).then(() => ((e) => { if (e) throw e; })());',
  ],
  [
    "what awaits",
    "async function f() {\n  await app.listen(1);\n}",
    'async function f() {\n  await start({ port: 1, host: "0.0.0.0" });\n}',
  ],
  [
    "what promises",
    "await new Promise((done) => app.listen(1, done));",
    'await new Promise((done) => start({ port: 1, host: "0.0.0.0" }).then(() => done()));',
  ],
  [
    "a server in between",
    'http.createServer(app).listen(1, "::1");',
    'void start({ port: 1, host: "::1" });',
  ],
])("listen of %s becomes start()", (_, before, after) => {
  const head = 'import express from "express";\nimport http from "http";\nconst app = express();\n';
  const { text } = migrate("express", { "a.js": head + before });
  const imported = head.replace('"http";\n', '"http";\nimport { api, start } from "@twinloop/api";\n');
  expect(text("a.js")).toBe(`${imported.trimEnd()}\n\nexport const legacy = ${RAW}\n${after}`);
});

test.each([
  ["const app = require('express')();", "app"],
  ["const { app } = require('./app');", "app"],
  ["const app = require('./app').default;", "app"],
  ["const app = createApp();", "app"],
])("%s is an app", (declared, name) => {
  const { text } = migrate("express", { "a.js": `${declared}\n${name}.listen(1);\n` });
  expect(text("a.js").replaceAll('"', "'")).toContain(`require('@twinloop/api');\n${declared}\n\napi.raw(`);
});

test("require('fastify')({ … }) is an app, and its callback gets the address", () => {
  const { text } = migrate("fastify", {
    "a.js":
      "const fastify = require('fastify')({\n  logger: true\n})\n\nfastify.listen({ port: 3000 }, function (err, address) {\n  if (err) throw err\n})\n",
  });
  expect(text("a.js")).toBe(
    "const { api, onShutdown, start } = require('@twinloop/api')\nconst fastify = require('fastify')({\n  logger: true\n})\n\n" +
      "api.raw({ expose: true, method: '*', path: '/!rest', bodyLimit: null, timeout: null }, (req, res) => fastify.routing(req, res))\n" +
      "onShutdown(() => fastify.close())\n\n" +
      "void fastify.ready().then(() => start({ port: 3000 })).then((running) => (function (err, address) {\n  if (err) throw err\n})(null, running.url))\n",
  );
});

test.each([
  ["module.exports = app.listen(3000);", "what listen() gives is used"],
  ["app.listen(3000).setTimeout(5);", "what listen() gives is used"],
  ["let s; s = app.listen(3000);", "what listen() gives is used"],
  ["class A { run() { this.app.listen(3000); } }", "cannot be told to be an app of express"],
  ["https.createServer({}, app).listen(443);", "cannot be told to be an app of express"],
])("%s is left, with its line", (statement, why) => {
  const { plan, lines } = migrate("express", {
    "a.js": `const express = require("express");\nconst app = express();\n${statement}\n`,
  });
  expect(plan.files.size).toBe(0);
  expect(lines).toContainEqual(
    expect.stringMatching(new RegExp(`^left a\\.js:3 .*${why.replace(/[()]/g, "\\$&")}`)),
  );
});

test("a second app is left, since the first has all paths", () => {
  const { lines, text } = migrate("express", {
    "a.js":
      'const express = require("express");\nconst app = express();\nconst admin = express();\napp.listen(1);\nadmin.listen(2);\n',
  });
  expect(lines.filter((line) => line.startsWith("left"))).toEqual([
    expect.stringContaining("a.js:5 not mounted: another app"),
  ]);
  expect(text("a.js")).toContain("admin.listen(2)");
});

test("lines end as the file ends them", () => {
  const { text } = migrate("express", { "a.js": 'const app = require("express")();\r\napp.listen(1);\r\n' });
  expect(text("a.js").replaceAll("\r\n", "")).not.toContain("\n");
});

test("what a mounted app does that is the edge's is named with its line", () => {
  const { lines } = migrate("express", {
    "a.js":
      'const app = require("express")();\napp.get("/healthz", f);\nprocess.on("SIGTERM", g);\nconst s = new WebSocketServer({});\napp.listen(1);\n',
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^differs a\.js:2 \/healthz/),
      expect.stringMatching(/^differs a\.js:3 SIGTERM/),
      expect.stringMatching(/^left a\.js:4 WebSockets/),
    ]),
  );
});
