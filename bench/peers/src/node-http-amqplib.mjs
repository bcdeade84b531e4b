// node:http and amqplib, its input checked by hand.
import { createServer } from "node:http";

import { host, port } from "./address.mjs";
import { publish, waiting } from "./publishing.mjs";

const isMessage = ({ number, kind, path, note }) =>
  typeof number === "number" &&
  (kind === "click" || kind === "visit") &&
  typeof path === "string" &&
  typeof note === "string";

function answer(response, status, value) {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

async function answerPublish(response, text) {
  try {
    const { number, kind, path, note } = JSON.parse(text);
    const message = { number, kind, path, note };
    if (!isMessage(message)) return answer(response, 400, { code: "invalid_argument" });
    await publish(message);
    answer(response, 200, { published: true });
  } catch (error) {
    answer(response, error instanceof SyntaxError ? 400 : 500, { code: error.message });
  }
}

const server = createServer((request, response) => {
  const { url, method } = request;
  if (method === "GET" && url === "/hello") return answer(response, 200, { message: "Hello, World!" });
  if (method === "GET" && url === "/queued") {
    return waiting().then((queued) => answer(response, 200, { queued }));
  }
  if (method !== "POST" || url !== "/publish") return answer(response, 404, { code: "not_found" });
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => void answerPublish(response, Buffer.concat(chunks).toString("utf8")));
});

server.listen(port, host);
