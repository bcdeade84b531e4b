// node:http alone, for connections.
import { createServer } from "node:http";

import { host, port } from "./address.mjs";
import { HELLO, KEEP_ALIVE_MS } from "./scale.mjs";

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_request, response) => {
  const text = JSON.stringify(HELLO);
  response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
  response.end(text);
});
server.listen(port, host);
