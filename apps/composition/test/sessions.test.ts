import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";

const APP = fileURLToPath(new URL("../dist/sessions.js", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
// The variable would replace the connection string of the test's own database.
delete process.env["DATABASE_URL"];

/** Runs the app with a database of its own. */
async function run(): Promise<string> {
  const name = `twinloop_sessions_${randomBytes(6).toString("hex")}`;
  const admin = new SQLDatabase("admin", { connectionString: SERVER });
  await admin.rawExec(`create database ${name} template template0`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  const child = spawn(process.execPath, [APP], {
    env: {
      ...process.env,
      PORT: "0",
      COOKIE_SECRETS: randomBytes(32).toString("hex"),
      DATABASE_URL: url.href,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.kill();
    await once(child, "close");
    await admin.rawExec(`drop database ${name} with (force)`);
  });
  let text = "";
  for await (const piece of child.stdout) {
    text += String(piece);
    const url = /listening (\S+)/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the app did not start: ${text}`);
}

test("who signs in is known until he signs out, also by a copy of the cookie", async () => {
  const url = await run();
  const signIn = (password: string): Promise<Response> =>
    fetch(`${url}/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ user: "ada", password }),
      redirect: "manual",
    });
  const me = async (cookie: string): Promise<unknown> => {
    const answer = await fetch(`${url}/me`, { headers: { cookie } });
    return answer.status === 200 ? answer.json() : answer.status;
  };

  expect((await signIn("guess")).status).toBe(401);
  const answer = await signIn("secret of ada");
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/me"]);
  const [cookie = ""] = answer.headers.getSetCookie()[0]!.split(";");
  expect(await me(cookie)).toEqual({ name: "ada" });
  expect(await me("")).toBe(401);
  expect(await me(`${cookie}x`)).toBe(401);
  expect((await fetch(`${url}/sign-out`, { method: "POST", headers: { cookie } })).status).toBe(200);
  expect(await me(cookie)).toBe(401);
});
