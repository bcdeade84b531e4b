// A collector that takes what it is sent, decodes nothing and keeps nothing but a count of requests by their path, which a GET of
// that path gives.
import { createServer } from "node:http";

/** @type {Map<string, number>} */
const counts = new Map();

const server = createServer((request, response) => {
  const path = request.url ?? "";
  request.resume();
  request.on("end", () => {
    if (request.method === "GET") return response.end(JSON.stringify({ sent: counts.get(path) ?? 0 }));
    counts.set(path, (counts.get(path) ?? 0) + 1);
    return response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.send?.(`http://127.0.0.1:${address.port}`);
});
