import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, type Place } from "./place.ts";

const PASSWORD = "in-development-let-me-in";

let place: Place;
let demo: Demo;

function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${demo.url}${path}`, { method, redirect: "manual", ...init });
}

function signIn(password: string): Promise<Response> {
  return call("POST", "/sign-in", { body: new URLSearchParams({ user: "ada", password }) });
}

/** Signs in, and gives the header that every further request carries. */
async function session(): Promise<{ cookie: string }> {
  const [cookie = ""] = (await signIn(PASSWORD)).headers.getSetCookie();
  return { cookie: cookie.slice(0, cookie.indexOf(";")) };
}

function uploadOf(text: string | Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData();
  form.set("file", new Blob([text], { type: "text/csv" }), "links.csv");
  return form;
}

describe.each(PROVIDERS)("on $provider", ({ makePlace }) => {
  beforeAll(async () => {
    place = await makePlace();
    demo = await Demo.start(place);
  }, 60_000);

  afterAll(async () => {
    await demo?.stop();
    await place?.remove();
  });

  test("who is not signed in learns nothing of the admin's endpoints", async () => {
    for (const [method, path] of [
      ["GET", "/admin/me"],
      ["GET", "/admin/links.csv"],
      ["POST", "/admin/links"],
      ["POST", "/sign-out"],
    ] as const) {
      const refused = await call(method, path);
      const forged = await call(method, path, { headers: { cookie: "session=made-up" } });
      expect([path, refused.status, forged.status]).toEqual([path, 401, 401]);
      expect(refused.headers.get("www-authenticate")).not.toBeNull();
    }
  });

  test("a wrong password opens no session, and a form without one is refused unseen", async () => {
    const wrong = await signIn("guessed");
    expect([wrong.status, wrong.headers.get("location")]).toEqual([303, "/admin.html#wrong-password"]);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    const without = await call("POST", "/sign-in", { body: new URLSearchParams({ user: "ada" }) });
    expect([without.status, (await without.text()).includes("password")]).toEqual([400, true]);
  });

  test("a session begins with the password and ends when one signs out", async () => {
    const opened = await signIn(PASSWORD);
    expect(opened.headers.getSetCookie().join()).toMatch(/^session=[\w-]{43};.*HttpOnly/i);
    const headers = await session();
    const me = await call("GET", "/admin/me", { headers });
    expect([me.status, await me.json()]).toEqual([200, { userID: "ada" }]);
    expect((await call("POST", "/sign-out", { headers })).status).toBe(303);
    expect((await call("GET", "/admin/me", { headers })).status).toBe(401);
  });

  test("the links of a file are added, and what cannot be is told by its line", async () => {
    const headers = await session();
    const body = uploadOf(
      "slug,url\nfrom-a-file,https://example.com/a\nNO,https://example.com/\nno-url,ftp://x\n",
    );
    const answer = await call("POST", "/admin/links", { headers, body });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        added: 1,
        refused: [
          { line: 3, why: "a slug is 3 to 32 small letters, digits or hyphens" },
          { line: 4, why: "the address is none of http or https" },
        ],
      },
    ]);
    const saved = await call("GET", "/admin/links.csv", { headers });
    expect(saved.headers.get("content-disposition")).toBe('attachment; filename="links.csv"');
    expect(await saved.text()).toContain("from-a-file,https://example.com/a,0\r\n");
  });

  test("what is no upload of text is refused", async () => {
    const headers = await session();
    const json = await call("POST", "/admin/links", {
      headers: { ...headers, "content-type": "application/json" },
      body: "{}",
    });
    const bytes = await call("POST", "/admin/links", { headers, body: uploadOf(Uint8Array.of(0xff, 0xfe)) });
    const large = await call("POST", "/admin/links", { headers, body: uploadOf("x".repeat(2 << 20)) });
    expect([json.status, bytes.status, large.status]).toEqual([415, 400, 413]);
  });
});

test("counts arrive over a WebSocket", { timeout: 60_000 }, async () => {
  place = await PROVIDERS[0]!.makePlace();
  demo = await Demo.start(place);
  try {
    const socket = new WebSocket(`${demo.url.replace("http", "ws")}/live-counts`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const heard = new Promise<string>((resolve) => {
      socket.addEventListener("message", ({ data }) => resolve(String(data)));
    });
    const created = await call("POST", "/links", {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: "https://example.com/ws", slug: "over-websocket" }),
    });
    const { shortUrl } = (await created.json()) as { shortUrl: string };
    await fetch(shortUrl, { redirect: "manual" });
    expect(JSON.parse(await heard)).toEqual({ slug: "over-websocket", clicks: 1 });
    socket.close();
  } finally {
    await demo.stop();
    await place.remove();
  }
});
