import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, type Place } from "./place.ts";

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
  readonly details: { readonly issues: readonly { readonly at: string }[] };
  readonly links: readonly { readonly slug: string }[];
  readonly total: number;
}

async function json(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
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
    expect([created.status, await json(created)]).toEqual([
      200,
      { slug: "life-of-a-link", url: "https://example.com/a", shortUrl: `${demo.url}/s/life-of-a-link` },
    ]);
    const followed = await send("GET", "/s/life-of-a-link");
    expect([followed.status, followed.headers.get("location")]).toEqual([302, "https://example.com/a"]);
    expect(await json(await send("GET", "/links/life-of-a-link"))).toMatchObject({
      slug: "life-of-a-link",
      clicks: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    const removed = await send("DELETE", "/links/life-of-a-link");
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
    expect((await send("GET", "/s/life-of-a-link")).status).toBe(404);
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
    ["a name in capitals in the path", "GET", "/links/NAME", undefined, "path.slug"],
    ["a limit of none", "GET", "/links?limit=0", undefined, "query.limit"],
    ["half a link", "GET", "/links?limit=1.5", undefined, "query.limit"],
  ])("%s is refused with its place", async (_title, method, path, body, at) => {
    const response = await send(method, path, body);
    expect(response.status).toBe(400);
    const { code, details } = await json(response);
    expect([code, details.issues[0]!.at]).toEqual(["invalid_argument", at]);
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
