import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

const SECRET = "a secret of at least thirty-two bytes";
const app = `
import { api, apiKeys, Gateway, getAuthData, jwt, start, type JwtData } from "@twinloop/api";

const shared = { issuer: "https://issuer.example", audience: "shop" };
export const gateway = new Gateway({
  authHandlers: {
    remote: jwt({ ...shared, jwks: process.env.JWKS! }),
    own: jwt({ ...shared, header: "x-token", secret: () => process.env.JWT_SECRET! }),
    key: apiKeys({ keys: () => process.env.API_KEYS! }),
    hashed: apiKeys({ header: "x-hashed", keys: [{ userID: "bob", sha256: "${createHash("sha256").update("the key of bob").digest("hex")}" }] }),
  },
});
export const me = api({ expose: true, method: "GET", path: "/me", auth: true }, async () => ({ userID: getAuthData()!.userID }));
export const claims = api({ expose: true, method: "GET", path: "/claims", auth: "remote" }, async () => getAuthData<JwtData>()!.claims["role"] as string);
export const note = api({ expose: true, path: "/note", auth: true }, async ({ text }: { text: string }) => ({ text }));
export const open = api({ expose: true, method: "GET", path: "/open" }, async () => ({ userID: getAuthData()?.userID ?? null }));
const running = await start({ banner: false });
console.log("listening " + running.url);
`;

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(header: object, claims: object, make: (signed: Buffer) => Buffer): string {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: "https://issuer.example", aud: "shop", sub: "ann", exp: now + 60, ...claims };
  const signed = `${encode(header)}.${encode(all)}`;
  return `${signed}.${make(Buffer.from(signed)).toString("base64url")}`;
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const edwards = generateKeyPairSync("ed25519");
const next = generateKeyPairSync("ed25519");

const byRsa = (signed: Buffer): Buffer => sign("sha256", signed, rsa.privateKey);
const byEc = (signed: Buffer): Buffer =>
  sign("sha256", signed, { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
const by =
  (key: KeyObject) =>
  (signed: Buffer): Buffer =>
    sign(null, signed, key);
const bySecret =
  (secret: string) =>
  (signed: Buffer): Buffer =>
    createHmac("sha256", secret).update(signed).digest();

let issuer: Server;
let fetches = 0;
/** What the issuer publishes; `undefined` while it is down. */
let published: readonly object[] | undefined;
let running: AppProcess;
const undo: (() => void)[] = [];

beforeAll(async () => {
  const jwk = (key: KeyObject, kid: string): object => ({
    ...key.export({ format: "jwk" }),
    kid,
    use: "sig",
  });
  const keys = [
    jwk(rsa.publicKey, "rsa"),
    jwk(ec.publicKey, "ec"),
    jwk(edwards.publicKey, "ed"),
    { kty: "oct", k: "AAAA", kid: "oct" },
  ];
  published = keys;
  issuer = createServer((_, response) => {
    fetches++;
    if (published === undefined) response.writeHead(503).end();
    else response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  const { port } = issuer.address() as AddressInfo;
  const built = await buildApp(app, (step) => undo.push(step));
  running = await built.run({
    JWKS: `http://127.0.0.1:${port}/jwks`,
    JWT_SECRET: SECRET,
    API_KEYS: JSON.stringify({ carl: "the long key of carl" }),
  });
  if (running.url === "") throw new Error(`the app did not start:\n${running.output()}`);
});

afterAll(() => {
  issuer.close();
  undo.reverse().forEach((step) => step());
});

const get = (path: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${running.url}${path}`, { headers });
const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

test.each([
  ["RS256", () => bearer(token({ alg: "RS256", kid: "rsa" }, {}, byRsa)), "ann"],
  ["ES256", () => bearer(token({ alg: "ES256", kid: "ec" }, {}, byEc)), "ann"],
  ["EdDSA", () => bearer(token({ alg: "EdDSA", kid: "ed" }, {}, by(edwards.privateKey))), "ann"],
  ["EdDSA without a kid", () => bearer(token({ alg: "EdDSA" }, {}, by(edwards.privateKey))), "ann"],
  [
    "HS256 in a header of its own",
    () => ({ "x-token": token({ alg: "HS256" }, {}, bySecret(SECRET)) }),
    "ann",
  ],
  ["an API key of a secret", () => ({ "x-api-key": "the long key of carl" }), "carl"],
  ["a hashed API key", () => ({ "x-hashed": "the key of bob" }), "bob"],
])("%s is known", async (_, headers, userID) => {
  const answer = await get("/me", headers());
  expect([answer.status, await answer.json()]).toEqual([200, { userID }]);
});

test.each([
  ["another key", () => bearer(token({ alg: "EdDSA", kid: "ed" }, {}, by(next.privateKey)))],
  [
    "a key that is not in the set",
    () => bearer(token({ alg: "EdDSA", kid: "next" }, {}, by(next.privateKey))),
  ],
  ["no algorithm", () => bearer(token({ alg: "none" }, {}, () => Buffer.alloc(0)))],
  ["an expired token", () => bearer(token({ alg: "EdDSA", kid: "ed" }, { exp: 1 }, by(edwards.privateKey)))],
  [
    "another audience",
    () => bearer(token({ alg: "EdDSA", kid: "ed" }, { aud: "x" }, by(edwards.privateKey))),
  ],
  ["a public key as secret", () => bearer(token({ alg: "HS256", kid: "oct" }, {}, bySecret("\0\0\0")))],
  ["HS256 by another secret", () => ({ "x-token": token({ alg: "HS256" }, {}, bySecret(`${SECRET}!`)) })],
  ["text that is no token", () => bearer("a.b.c")],
  ["an unknown API key", () => ({ "x-api-key": "the long key of earl" })],
  ["the hash of a key", () => ({ "x-hashed": createHash("sha256").update("the key of bob").digest("hex") })],
])("%s is nobody's, also where nobody is let in", async (_, headers) => {
  const answer = await get("/me", headers());
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toContain("Bearer");
  expect(await (await get("/open", headers())).json()).toEqual({ userID: null });
});

test("the claims of a token are the data", async () => {
  const claims = { role: "admin", "\u0000d1": "\u0000d1" };
  const answer = await get(
    "/claims",
    bearer(token({ alg: "EdDSA", kid: "ed" }, claims, by(edwards.privateKey))),
  );
  expect(await answer.json()).toBe("admin");
});

test("a known caller learns what does not fit, an unknown one does not", async () => {
  const send = async (key: string): Promise<number> => {
    const headers = { "x-api-key": key, "content-type": "application/json" };
    return (await fetch(`${running.url}/note`, { method: "POST", headers, body: "{}" })).status;
  };
  expect([await send("the long key of carl"), await send("no key")]).toEqual([400, 401]);
});

test("unknown keys do not become requests to the issuer", async () => {
  const unknown = (kid: string): Record<string, string> =>
    bearer(token({ alg: "EdDSA", kid }, {}, by(next.privateKey)));
  await Promise.all(Array.from({ length: 50 }, (_, index) => get("/me", unknown(`k${index}`))));
  expect(fetches).toBe(1);
});

/** Between two requests to the issuer there are 30 s, which `npm test` does not wait for. */
const IS_LONG = process.env["FULL"] !== undefined;

test(
  "a key that the issuer adds is found, one that it withdraws is forgotten",
  { timeout: 100_000 },
  async (context) => {
    if (!IS_LONG) context.skip("takes half a minute: FULL=1 npm test -- api");
    const statusOf = async (pair: typeof next, kid: string): Promise<number> =>
      (await get("/me", bearer(token({ alg: "EdDSA", kid }, {}, by(pair.privateKey))))).status;
    expect(await statusOf(edwards, "ed")).toBe(200);
    expect(await statusOf(next, "next")).toBe(401);
    published = [{ ...next.publicKey.export({ format: "jwk" }), kid: "next", use: "sig" }];
    const found = async (): Promise<void> => expect(await statusOf(next, "next")).toBe(200);
    await vi.waitFor(found, { timeout: 45_000, interval: 500 });
    expect(await statusOf(edwards, "ed")).toBe(401);
    published = undefined;
    const asked = fetches;
    const isAsked = async (): Promise<void> => {
      await statusOf(edwards, "ed");
      expect(fetches).toBeGreaterThan(asked);
    };
    await vi.waitFor(isAsked, { timeout: 45_000, interval: 500 });
    // An issuer that is down takes no key away.
    expect(await statusOf(next, "next")).toBe(200);
  },
);

test("no token, key or secret is printed", () => {
  expect(running.output()).not.toMatch(/eyJ|the key of|the long key of|a secret of/);
});

test.each([
  ["jwt({ ...shared, secret: process.env.S!, clockTolerence: 5 })", /`jwt` has no option `clockTolerence`/],
  ['jwt({ ...shared, secret: process.env.S!, clockTolerance: "11m" })', /`clockTolerance` is \\"11m\\"/],
  ['apiKeys({ keys: () => "", heder: "x" })', /`apiKeys` has no option `heder`/],
])("the options of %s are refused when the app is built", async (handler, told) => {
  const source = `
import { apiKeys, Gateway, jwt } from "@twinloop/api";
const shared = { issuer: "i", audience: "a" };
export const gateway = new Gateway({ authHandlers: { one: ${handler}, two: apiKeys({ keys: () => "" }), three: jwt({ ...shared, secret: "" }) } });`;
  await expect(buildApp(source)).rejects.toThrow(told);
});
