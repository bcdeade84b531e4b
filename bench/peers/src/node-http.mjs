// node:http without a framework, its input checked by hand: what a careful programmer writes when speed is all.
import { createServer } from "node:http";

import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";

const MAX_BODY_BYTES = 2 * 1024 * 1024;

let handled = 0;

const isNumber = (value) => typeof value === "number";
const isString = (value) => typeof value === "string";
const isBoolean = (value) => typeof value === "boolean";
const isAbsent = (value) => value === undefined;

/** @returns {string | undefined} what is wrong with the body, if anything */
function bodyProblem(body) {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "body: expected an object";
  if (!isAbsent(body.someKey) && !isString(body.someKey)) return "someKey: expected a string";
  if (!isAbsent(body.someOtherKey) && !isNumber(body.someOtherKey)) return "someOtherKey: expected a number";
  if (!Array.isArray(body.requiredKey) || !body.requiredKey.every(isNumber)) {
    return "requiredKey: expected numbers";
  }
  const nullable = body.nullableKey;
  if (!isAbsent(nullable) && nullable !== null && !isNumber(nullable)) {
    return "nullableKey: expected a number or null";
  }
  const multiple = body.multipleTypesKey;
  if (!isAbsent(multiple) && !isBoolean(multiple) && !isNumber(multiple)) {
    return "multipleTypesKey: expected a boolean or a number";
  }
  const restricted = body.multipleRestrictedTypesKey;
  if (!isAbsent(restricted) && !isString(restricted) && !isNumber(restricted)) {
    return "multipleRestrictedTypesKey: expected a string or a number";
  }
  const name = body.enumKey;
  if (!isAbsent(name) && name !== "John" && name !== "Foo") return "enumKey: expected John or Foo";
  return undefined;
}

function isItem(item) {
  return (
    typeof item === "object" &&
    item !== null &&
    isNumber(item.id) &&
    isString(item.name) &&
    isNumber(item.price) &&
    Array.isArray(item.tags) &&
    item.tags.every(isString) &&
    isBoolean(item.inStock) &&
    (item.note === null || isString(item.note))
  );
}

function answer(response, status, value) {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

const refuse = (response, status, message) => answer(response, status, { code: "invalid_argument", message });

function answerSchema(request, response, query, text) {
  if (!isString(request.headers["x-foo"])) return refuse(response, 400, "x-foo: missing");
  const parameters = new URLSearchParams(query);
  const name = parameters.get("name") ?? "World";
  const excitement = Number(parameters.get("excitement") ?? 0);
  if (!Number.isFinite(excitement)) return refuse(response, 400, "excitement: expected a number");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return refuse(response, 400, "body: not JSON");
  }
  const problem = bodyProblem(body);
  if (problem) return refuse(response, 400, problem);
  handled += 1;
  answer(response, 200, { message: `Hello ${name}! ${excitement}` });
}

function answerItems(response, text) {
  let items;
  try {
    items = JSON.parse(text)?.items;
  } catch {
    return refuse(response, 400, "body: not JSON");
  }
  if (!Array.isArray(items) || !items.every(isItem)) return refuse(response, 400, "items: expected items");
  answer(response, 200, { count: items.length, total: total(items), last: items.at(-1) });
}

const isStrings = (body) => Array.isArray(body?.strings) && body.strings.every(isString);
const isMatrix = (body) =>
  Array.isArray(body?.rows) && body.rows.every((row) => Array.isArray(row) && row.every(isNumber));
const isNode = (node) =>
  typeof node === "object" &&
  node !== null &&
  isString(node.name) &&
  isNumber(node.value) &&
  Array.isArray(node.children) &&
  node.children.every(isNode);

/** By path: what a body must be, and what is made of it. */
const worked = {
  "/strings": [isStrings, ({ strings }) => countCharacters(strings)],
  "/matrix": [isMatrix, ({ rows }) => sumMatrix(rows)],
  "/tree": [isNode, sumTree],
};

function answerWorked(response, [is, work], text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return refuse(response, 400, "body: not JSON");
  }
  if (!is(body)) return refuse(response, 400, "body: expected another type");
  answer(response, 200, work(body));
}

function readBody(request, response, whenRead) {
  const chunks = [];
  let bytes = 0;
  request.on("data", (chunk) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on("end", () => {
    if (bytes > MAX_BODY_BYTES) return refuse(response, 413, "body: too large");
    whenRead((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).toString("utf8"));
  });
}

const server = createServer((request, response) => {
  const { url, method } = request;
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  if (method === "GET" && path === "/hello") return answer(response, 200, { message: "Hello, World!" });
  if (method === "GET" && path === "/handled") return answer(response, 200, { handled });
  if (method === "GET" && path === "/timer") return wait().then((value) => answer(response, 200, value));
  if (method === "GET" && path === "/burn") return answer(response, 200, burn());
  if (method === "POST" && path === "/items") {
    return readBody(request, response, (text) => answerItems(response, text));
  }
  if (method === "POST" && path in worked) {
    return readBody(request, response, (text) => answerWorked(response, worked[path], text));
  }
  if (method !== "POST" || path !== "/schema") return refuse(response, 404, "no such endpoint");
  const query = mark < 0 ? "" : url.slice(mark + 1);
  readBody(request, response, (text) => answerSchema(request, response, query, text));
});

server.listen(port, host);
