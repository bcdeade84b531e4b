import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { platformManifest, PLATFORMS, LOADER } from "./platforms.mjs";

/**
 * A running registry of the packed packages, by which they can be installed by name before they are published.
 *
 * @typedef {object} Registry
 * @property {string} url
 * @property {() => Promise<void>} stop
 */

/**
 * Serves packed packages on loopback, as npm's registry does: a document for each name, and the files. The other platforms'
 * packages are there by their documents alone.
 *
 * @param {readonly { manifest: Record<string, any>, file: string, integrity: string }[]} packages
 * @returns {Promise<Registry>}
 */
export async function serveRegistry(packages) {
  let url = "";
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry").pathname).slice(1);
    const file = packages.find((each) => path === `-/${basename(each.file)}`)?.file;
    if (file !== undefined) return void createReadStream(file).pipe(response);
    const document = describe(path, packages, url);
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? { error: `no package ${path}` }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  url = `http://127.0.0.1:${port}/`;
  return { url, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

/**
 * @param {string} name
 * @param {Parameters<typeof serveRegistry>[0]} packages
 * @param {string} url
 */
function describe(name, packages, url) {
  const found = packages.find(({ manifest }) => manifest["name"] === name);
  const elsewhere = PLATFORMS.find(({ triple }) => name === `${LOADER}-${triple}`);
  const version = packages[0]?.manifest["version"];
  const manifest = found?.manifest ?? (elsewhere && platformManifest(elsewhere, version));
  if (manifest === undefined) return undefined;
  // yarn 1 knows no libc: it fetches the addon of either for Linux, and wants a checksum also of what it does not fetch.
  const near = packages.find(
    ({ manifest: { os, cpu } }) => os?.[0] === manifest.os?.[0] && cpu?.[0] === manifest.cpu?.[0],
  );
  const { file, integrity } = found ?? (elsewhere && near) ?? {};
  const tarball = `${url}-/${basename(file ?? "not-built-here.tgz")}`;
  const dist = { tarball, ...(integrity === undefined ? { shasum: "0".repeat(40) } : { integrity }) };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
