import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, type Place } from "./place.ts";

/** For what happens behind an answer. */
const PATIENT = { timeout: 10_000 };

let place: Place;
let demo: Demo;

function send(method: string, path: string, body?: unknown): Promise<Response> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return fetch(`${demo.url}${path}`, { method, redirect: "manual", ...content });
}

/** What the answers of the demo hold, between them. */
interface Answer {
  readonly code: string;
  readonly slug: string;
  readonly shortUrl: string;
  readonly clicks: number;
  readonly details: { readonly issues: readonly { readonly at: string }[] };
  readonly links: readonly { readonly slug: string }[];
  readonly total: number;
}

async function json(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}

/** Reads a stream to the end of the event that has `text`. */
async function readUntil({ body }: Response, text: string): Promise<string> {
  let heard = "";
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    heard += chunk;
    if (heard.includes(text) && heard.endsWith("\n\n")) break;
  }
  return heard;
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

  test("a link is created, followed, counted and removed", async () => {
    const created = await send("POST", "/links", { url: "https://example.com/a", slug: "life-of-a-link" });
    const { shortUrl, ...link } = await json(created);
    expect([created.status, link]).toEqual([200, { slug: "life-of-a-link", url: "https://example.com/a" }]);
    const path = shortUrl.replace(demo.url, "");
    expect(path).toMatch(/^\/s\/life-of-a-link\.[a-z2-9]{6}$/);
    const followed = await send("GET", path);
    expect([followed.status, followed.headers.get("location")]).toEqual([302, "https://example.com/a"]);
    await expect
      .poll(() => send("GET", "/links/life-of-a-link").then(json), PATIENT)
      .toMatchObject({
        slug: "life-of-a-link",
        code: path.slice("/s/".length),
        clicks: 1,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
    const removed = await send("DELETE", "/links/life-of-a-link");
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
    expect((await send("GET", path)).status).toBe(404);
  });

  test("the list is bounded and has the newest first", async () => {
    for (const slug of ["list-1", "list-2"])
      await send("POST", "/links", { url: "https://example.com", slug });
    const { links, total } = await json(await send("GET", "/links?limit=2"));
    expect(links.map(({ slug }) => slug)).toEqual(["list-2", "list-1"]);
    expect(total).toBeGreaterThanOrEqual(2);
  });

  test("a taken name is 409, an unknown one 404", async () => {
    await send("POST", "/links", { url: "https://example.com/1", slug: "taken" });
    const conflict = await send("POST", "/links", { url: "https://example.com/2", slug: "taken" });
    expect([conflict.status, await json(conflict)]).toEqual([
      409,
      { code: "already_exists", message: "the slug taken is taken", details: { slug: "taken" } },
    ]);
    const missing = await send("DELETE", "/links/missing");
    expect([missing.status, await json(missing)]).toMatchObject([404, { code: "not_found" }]);
  });

  test("of many that want one name at once, one gets it", async () => {
    const wishes = Array.from({ length: 20 }, (_, index) =>
      send("POST", "/links", { url: `https://example.com/${index}`, slug: "wanted" }),
    );
    const statuses = (await Promise.all(wishes)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });

  test("a link without a name gets one of its own that fits the rules", async () => {
    const wishes = Array.from({ length: 50 }, () => send("POST", "/links", { url: "https://example.com" }));
    const answers = await Promise.all((await Promise.all(wishes)).map(json));
    const slugs = new Set(answers.map(({ slug }) => slug));
    expect(slugs.size).toBe(50);
    for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9-]{3,32}$/);
  });

  test.each([
    ["an address that is none", "POST", "/links", { url: "nothing" }, "body.url"],
    ["an address that would run code", "POST", "/links", { url: "javascript:alert(1)" }, "body.url"],
    [
      "an address without end",
      "POST",
      "/links",
      { url: `https://example.com/${"a".repeat(2000)}` },
      "body.url",
    ],
    ["a missing address", "POST", "/links", {}, "body.url"],
    ["a name in capitals", "POST", "/links", { url: "https://example.com", slug: "NAME" }, "body.slug"],
    ["a code without a signature", "GET", "/s/hello", undefined, "path.code"],
    ["a name in capitals in the path", "GET", "/links/NAME", undefined, "path.slug"],
    ["a limit of none", "GET", "/links?limit=0", undefined, "query.limit"],
    ["half a link", "GET", "/links?limit=1.5", undefined, "query.limit"],
  ])("%s is refused with its place", async (_title, method, path, body, at) => {
    const response = await send(method, path, body);
    expect(response.status).toBe(400);
    const { code, details } = await json(response);
    expect([code, details.issues[0]!.at]).toEqual(["invalid_argument", at]);
  });

  test("a code that was made up is 404, also where there is a link of its name", async () => {
    await send("POST", "/links", { url: "https://example.com", slug: "signed" });
    const madeUp = await send("GET", "/s/signed.aaaaaa");
    expect([madeUp.status, await json(madeUp)]).toMatchObject([404, { details: { code: "signed.aaaaaa" } }]);
  });

  test("whoever listens is told each count as it changes", async () => {
    const { shortUrl } = await json(
      await send("POST", "/links", { url: "https://example.com", slug: "live" }),
    );
    const leave = new AbortController();
    const stream = await fetch(`${demo.url}/live`, { signal: leave.signal });
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    const clicks = Array.from({ length: 3 }, () => fetch(shortUrl, { redirect: "manual" }));
    expect((await Promise.all(clicks)).map(({ status }) => status)).toEqual([302, 302, 302]);
    const heard = await readUntil(stream, '"clicks":3');
    leave.abort();
    expect(heard).toBe(
      [1, 2, 3].map((count) => `event: count\ndata: {"slug":"live","clicks":${count}}\n\n`).join(""),
    );
  });

  test("the page is served with its type, validators and policy", async () => {
    const page = await send("GET", "/");
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(await page.text()).toContain("<h1>Short links</h1>");
    const again = await fetch(demo.url, { headers: { "if-none-match": page.headers.get("etag")! } });
    expect(again.status).toBe(304);
    const script = await send("HEAD", "/app.js");
    expect([script.status, script.headers.get("content-type")]).toEqual([
      200,
      "text/javascript; charset=utf-8",
    ]);
  });

  test("what is not there is a page with 404", async () => {
    for (const path of ["/nowhere", "/.env", "/%2e%2e/package.json", "/..%2fpackage.json"]) {
      const response = await send("GET", path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.text()).not.toContain("@twinloop/demo");
    }
    expect((await send("PUT", "/app.js")).status).toBe(405);
  });
});
