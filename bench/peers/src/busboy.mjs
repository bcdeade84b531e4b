// Uploads by busboy on node:http: the file goes to disk piece by piece, as its documentation shows it.
import busboy from "busboy";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { host, port } from "./address.mjs";

const folder = mkdtempSync(join(tmpdir(), "busboy-"));
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.method !== "POST") return answer(404, {});
  const form = busboy({ headers: request.headers });
  form.on("file", async (_name, file) => {
    let bytes = 0;
    file.on("data", (piece) => (bytes += piece.length));
    await pipeline(file, createWriteStream(join(folder, "upload")));
    answer(200, { bytes });
  });
  request.pipe(form);
}).listen(port, host);
