// node:http in front of a PostgreSQL client: what surrounds the query is the same for each client.
import { createServer } from "node:http";

import { host, port } from "./address.mjs";

function answer(response, status, value) {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** The parameter of a request for rows; NaN when it is none. */
export function readAfter(query) {
  const text = new URLSearchParams(query).get("after");
  return text === null || text === "" ? Number.NaN : Number(text);
}

/**
 * Serves `GET /rows?after=N` with what `select` resolves to, and `GET /hello`.
 *
 * @param {(after: number) => Promise<object[]>} select
 */
export function serveRows(select) {
  const server = createServer((request, response) => {
    const { url, method } = request;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    if (method === "GET" && path === "/hello") return answer(response, 200, { message: "Hello, World!" });
    if (method !== "GET" || path !== "/rows") return answer(response, 404, { code: "not_found" });
    const after = readAfter(mark < 0 ? "" : url.slice(mark + 1));
    if (!Number.isInteger(after)) return answer(response, 400, { code: "invalid_argument" });
    select(after).then(
      (rows) => answer(response, 200, { rows }),
      (error) => answer(response, 500, { code: "internal", message: error.message }),
    );
  });
  server.listen(port, host);
}
