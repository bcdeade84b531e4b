import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { createHash, X509Certificate } from "node:crypto";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { BuiltApp } from "./built-app.ts";
import { ask, askHttp2, buildWhoApp, openHttp2, tlsFile } from "./listening.ts";

const ca = readFileSync(tlsFile("authority.pem"));
const own = { TLS_CERT: tlsFile("server.pem"), TLS_KEY: tlsFile("server-key.pem") };
const client = { cert: readFileSync(tlsFile("client.pem")), key: readFileSync(tlsFile("client-key.pem")) };

let app: BuiltApp;

beforeAll(async () => {
  const sni = JSON.stringify({
    "shop.example": { cert: tlsFile("shop.pem"), key: tlsFile("shop-key.pem") },
    "*.shop.example": { cert: tlsFile("shop.pem"), key: tlsFile("shop-key.pem") },
  });
  const tls = `{ cert: ${JSON.stringify(own.TLS_CERT)}, key: ${JSON.stringify(own.TLS_KEY)}, sni: ${sni} }`;
  app = await buildWhoApp(`{ tls: ${tls} }`);
}, 60_000);

/** The names of the certificate that is shown for a host. */
function shownFor(url: string, servername: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", servername, ca }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("requests are answered over TLS, by HTTP/1 and HTTP/2, and know their protocol", async () => {
  const { url } = await app.run({ WORKERS: "2" });
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const { port } = new URL(url);
  const expected = { remoteAddress: "127.0.0.1:port", protocol: "https", peer: "null" };
  const answer = await ask(`${url}/who`, { ca });
  expect(answer).toEqual({ status: 200, body: { ...expected, host: `127.0.0.1:${port}` } });
  const session = openHttp2(url, { ca });
  onTestFinished(() => session.destroy());
  expect(await askHttp2(session, "/who")).toEqual({
    status: 200,
    body: { ...expected, host: `127.0.0.1:${port}` },
  });
  expect(session.alpnProtocol).toBe("h2");
  expect(await ask(`http://127.0.0.1:${port}/who`)).toMatchObject({ status: 400 });
});

test("the certificate is chosen by name", async () => {
  const { url } = await app.run();
  expect(await shownFor(url, "localhost")).toContain("DNS:localhost");
  expect(await shownFor(url, "shop.example")).toContain("DNS:shop.example");
  expect(await shownFor(url, "any.shop.example")).toContain("DNS:*.shop.example");
});

test("a client is known by its certificate", async () => {
  const { url } = await app.run({ TLS_CA: tlsFile("authority.pem"), TLS_CLIENT_CERT: "optional" });
  const { body } = await ask(`${url}/who`, { ca, ...client });
  const peer = JSON.parse((body as { peer: string }).peer) as Record<string, unknown>;
  const { raw } = new X509Certificate(client.cert);
  expect(peer).toEqual({
    subject: "O=Example, CN=billing",
    sans: ["DNS:client.example", "URI:spiffe://example/billing", "email:ops@example.com", "IP:10.1.2.3"],
    fingerprint: createHash("sha256").update(raw).digest("hex"),
  });
  expect(await ask(`${url}/who`, { ca })).toMatchObject({ status: 200, body: { peer: "null" } });
});

test("a client without a certificate is kept out where one is required", async () => {
  const { url } = await app.run({ TLS_CA: tlsFile("authority.pem"), TLS_CLIENT_CERT: "required" });
  await expect(ask(`${url}/who`, { ca })).rejects.toThrow();
  expect(await ask(`${url}/who`, { ca, ...client })).toMatchObject({ status: 200 });
});

test("TLS 1.2 is refused where 1.3 is the oldest", async () => {
  const { url } = await app.run({ TLS_MIN_VERSION: "1.3" });
  await expect(ask(`${url}/who`, { ca, maxVersion: "TLSv1.2" })).rejects.toThrow();
  expect(await ask(`${url}/who`, { ca })).toMatchObject({ status: 200 });
});

test("changed files are read while the app runs, and bad ones leave the old in use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const copy = (name: string): void => {
    copyFileSync(tlsFile(`${name}-key.pem`), join(folder, "key.pem"));
    copyFileSync(tlsFile(`${name}.pem`), join(folder, "cert.pem"));
  };
  copy("server");
  const env = { TLS_CERT: join(folder, "cert.pem"), TLS_KEY: join(folder, "key.pem") };
  const { url, output } = await app.run(env);
  expect(await shownFor(url, "localhost")).toContain("DNS:localhost");
  copy("shop");
  await vi.waitFor(async () => await expect(shownFor(url, "localhost")).rejects.toThrow("altnames"), 20_000);
  writeFileSync(join(folder, "cert.pem"), "nothing");
  await vi.waitFor(() => expect(output()).toContain("failed to reload the TLS certificates"), 20_000);
  expect(output()).toContain("reloaded the TLS certificates");
  expect(output()).not.toContain("BEGIN");
  await expect(shownFor(url, "localhost")).rejects.toThrow("altnames");
});

test.each([
  [{ TLS_CERT: "/no/cert.pem" }, "tls.cert: /no/cert.pem cannot be read"],
  [{ TLS_KEY: own.TLS_CERT }, "has no private key"],
  [{ TLS_CERT: tlsFile("shop.pem") }, "cannot be used together"],
  [{ TLS_CLIENT_CERT: "always" }, "TLS_CLIENT_CERT is"],
  [{ TLS_CLIENT_CERT: "required" }, "tls.clientCert needs tls.ca"],
  [{ TLS_MIN_VERSION: "1.1" }, "TLS_MIN_VERSION is"],
] as const)("%j keeps the app from starting", async (env, message) => {
  const started = await app.run(env);
  await started.ended;
  expect(started.url).toBe("");
  expect(started.output()).toContain(message);
});
