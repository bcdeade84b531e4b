import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";

const APP = fileURLToPath(new URL("../dist/sessions.js", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
// The variable would replace the connection string of the test's own database.
delete process.env["DATABASE_URL"];

/** A database and a folder of secrets, for apps that run one after the other. */
class Place {
  readonly #name = `twinloop_sessions_${randomBytes(6).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "twinloop-sessions-"));
  readonly #admin = new SQLDatabase("admin", { connectionString: SERVER });

  static async make(): Promise<Place> {
    const place = new Place();
    place.setSecret();
    await place.#admin.rawExec(`create database ${place.#name} template template0`);
    onTestFinished(async () => {
      await place.#admin.rawExec(`drop database ${place.#name} with (force)`);
      await place.#admin.close();
      rmSync(place.#folder, { recursive: true });
    });
    return place;
  }

  /** Draws a new cookie secret and puts it where the app looks for it. */
  setSecret(): void {
    const fresh = join(this.#folder, "fresh");
    writeFileSync(fresh, randomBytes(32).toString("hex"));
    renameSync(fresh, join(this.#folder, "CookieSecret"));
  }

  async run(): Promise<{ url: string; output: () => string; end: () => Promise<void> }> {
    const url = new URL(SERVER);
    url.pathname = `/${this.#name}`;
    const child = spawn(process.execPath, [APP], {
      env: { ...process.env, PORT: "0", SECRETS_DIR: this.#folder, DATABASE_URL_SESSIONS: url.href },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = once(child, "close");
    const end = async (): Promise<void> => {
      child.kill();
      await closed;
    };
    onTestFinished(end);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (text += String(piece)));
    const listening = await vi.waitFor(() => {
      const found = /listening (\S+)/.exec(text)?.[1];
      if (found === undefined) throw new Error(`the app did not start: ${text}`);
      return found;
    }, 20_000);
    return { url: listening, output: () => text, end };
  }
}

function signIn(url: string, password: string): Promise<Response> {
  const body = new URLSearchParams({ user: "ada", password });
  return fetch(`${url}/sign-in`, { method: "POST", body, redirect: "manual" });
}

function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie()[0]!.split(";")[0]!;
}

async function me(url: string, cookie: string): Promise<unknown> {
  const answer = await fetch(`${url}/me`, { headers: { cookie } });
  return answer.status === 200 ? answer.json() : answer.status;
}

test("who signs in is known until he signs out, also by a copy of the cookie", async () => {
  const { url } = await (await Place.make()).run();
  expect((await signIn(url, "guess")).status).toBe(401);
  const answer = await signIn(url, "secret of ada");
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/me"]);
  const cookie = cookieOf(answer);
  expect(await me(url, cookie)).toEqual({ name: "ada" });
  expect(await me(url, "")).toBe(401);
  expect(await me(url, `${cookie}x`)).toBe(401);
  expect((await fetch(`${url}/sign-out`, { method: "POST", headers: { cookie } })).status).toBe(200);
  expect(await me(url, cookie)).toBe(401);
});

test("a cookie secret is rotated without a restart and without a sign-out", async () => {
  const place = await Place.make();
  const { url, output, end } = await place.run();
  const former = cookieOf(await signIn(url, "secret of ada"));
  place.setSecret();
  await vi.waitFor(() => expect(output()).toContain("rotated the cookie secrets"), 20_000);
  const fresh = cookieOf(await signIn(url, "secret of ada"));
  expect([await me(url, former), await me(url, fresh)]).toEqual([{ name: "ada" }, { name: "ada" }]);
  await end();
  const again = await place.run();
  expect([await me(again.url, former), await me(again.url, fresh)]).toEqual([401, { name: "ada" }]);
});
