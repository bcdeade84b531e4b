import { once } from "node:events";
import { constants, type IncomingHttpHeaders } from "node:http2";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { BuiltApp } from "./built-app.ts";
import { ask, askHttp2, buildWhoApp, openHttp2 } from "./listening.ts";

let app: BuiltApp;

beforeAll(async () => {
  app = await buildWhoApp("{}");
}, 60_000);

test.each([{}, { WORKERS: "2" }])("a hundred requests share a connection (%j)", async (env) => {
  const { url } = await app.run(env);
  const session = openHttp2(url);
  onTestFinished(() => session.destroy());
  const asked = Array.from({ length: 100 }, (_, index) =>
    askHttp2(session, "/echo", JSON.stringify({ text: "x".repeat(index * 500) })),
  );
  const answers = await Promise.all([...asked, askHttp2(session, "/late")]);
  expect(answers.pop()).toEqual({ status: 200, body: { aborted: false } });
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
  expect(answers[99]).toEqual({ status: 200, body: { text: "x".repeat(49_500) } });
  expect(await askHttp2(session, "/echo", "{}")).toMatchObject({ status: 400 });
  expect(await askHttp2(session, "/none")).toMatchObject({ status: 404 });
  expect(await askHttp2(session, "/who")).toMatchObject({
    body: { protocol: "http", host: new URL(url).host },
  });
});

test("a request that is reset is given up", async () => {
  const { url, output } = await app.run();
  const session = openHttp2(url);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/late" });
  stream.on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  stream.close(constants.NGHTTP2_CANCEL);
  await vi.waitFor(() => expect(output()).toContain("given up"), 5_000);
  expect(await askHttp2(session, "/who")).toMatchObject({ status: 200 });
});

test("a stopping app answers what is open and says goodbye", async () => {
  const { url, child, ended } = await app.run();
  const session = openHttp2(url);
  onTestFinished(() => session.destroy());
  const goodbye = new Promise<number>((resolve) => session.once("goaway", resolve));
  const late = askHttp2(session, "/late");
  await askHttp2(session, "/who");
  child.kill("SIGTERM");
  expect(await goodbye).toBe(0);
  expect(await late).toMatchObject({ status: 200 });
  expect(await ended).toMatchObject({ code: 0 });
});

test("without HTTP/2 its preface is refused", async () => {
  const { url } = await app.run({ TWINLOOP_HTTP2: "false" });
  const session = openHttp2(url);
  onTestFinished(() => session.destroy());
  await expect(askHttp2(session, "/who")).rejects.toThrow();
  expect(await ask(`${url}/who`)).toMatchObject({ status: 200 });
});

test("a head that HTTP/1 would refuse is refused under the policies", { timeout: 60_000 }, async () => {
  const governed = await buildWhoApp(
    '{ securityHeaders: true, cors: { allowOriginsWithCredentials: ["https://own.example"] } }',
  );
  const { url } = await governed.run();
  const session = openHttp2(url);
  onTestFinished(() => session.destroy());
  const head = { ":path": "/who", host: "other.example", origin: "https://own.example" };
  const stream = session.request({ ...head, ":authority": new URL(url).host });
  const [answered] = (await once(stream, "response")) as [IncomingHttpHeaders];
  stream.close();
  expect(answered).toMatchObject({
    ":status": 400,
    "x-frame-options": "SAMEORIGIN",
    "access-control-allow-origin": "https://own.example",
    "access-control-allow-credentials": "true",
    vary: "origin",
  });
  expect(await ask(`${url}/who`, { headers: { host: "a b" } })).toMatchObject({ status: 400 });
});
