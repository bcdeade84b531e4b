import { sampleOf } from "./sample.mjs";

/**
 * @typedef {import("../../packages/schema/src/index.ts").Manifest} Manifest
 * @typedef {import("../../packages/schema/src/index.ts").EndpointModel} Endpoint
 * @typedef {{ name: string, line: string, status: number, text: string }} Call
 */

/** Endpoints that write come first, so that those that read find something. */
const ORDER = ["POST", "PUT", "PATCH", "*", "GET", "HEAD", "DELETE"];

/**
 * Calls each endpoint of a running app once, with the least input that its types take.
 *
 * @param {string} base @param {Manifest} manifest @returns {Promise<Call[]>}
 */
export async function callEndpoints(base, manifest) {
  const ranked = [...manifest.endpoints].sort((a, b) => rank(a) - rank(b));
  const calls = [];
  for (const endpoint of ranked)
    if (!endpoint.kind.startsWith("stream")) calls.push(await call(base, endpoint, manifest));
  return calls;
}

/** @param {Endpoint} endpoint */
function rank({ methods }) {
  return ORDER.indexOf(methods[0] ?? "*");
}

/** @param {string} base @param {Endpoint} endpoint @param {Manifest} manifest @returns {Promise<Call>} */
async function call(base, endpoint, { types }) {
  const method = endpoint.methods[0] === "*" ? "GET" : (endpoint.methods[0] ?? "GET");
  const { path, query, headers, body } = inputOf(endpoint, types);
  const name = `${method} ${path}`;
  const line = `${endpoint.file}:${endpoint.line}`;
  try {
    const response = await fetch(`${base}${path}${query}`, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(15_000),
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = (await response.text()).slice(0, 300);
    return { name, line, status: response.status, text };
  } catch (error) {
    return { name, line, status: 0, text: String(error) };
  }
}

/** @param {Endpoint} endpoint @param {Manifest["types"]} types */
function inputOf({ path, request, methods }, types) {
  const fields = request?.fields ?? [];
  /** @param {string} place */
  const within = (place) => fields.filter((field) => field.in === place);
  const value = (/** @type {{ name: string, type: number }} */ field) =>
    String(sampleOf(types, field.type, field.name));
  const given = new Map(within("path").map((field) => [field.wire, value(field)]));
  const filled = path.replace(/[:*!]([A-Za-z_]\w*)/g, (_, name) => encodeURIComponent(given.get(name) ?? ""));
  const query = within("query")
    .filter(({ optional }) => !optional)
    .map((field) => `${field.wire}=${encodeURIComponent(value(field))}`);
  const headers = Object.fromEntries(
    within("header")
      .filter(({ optional }) => !optional)
      .map((field) => [field.wire, value(field)]),
  );
  const takesBody = !["GET", "HEAD", "DELETE", "*"].includes(methods[0] ?? "*");
  const type = request?.body ?? null;
  const body = type === null ? (takesBody ? {} : undefined) : sampleOf(types, type);
  return { path: filled, query: query.length === 0 ? "" : `?${query.join("&")}`, headers, body };
}
