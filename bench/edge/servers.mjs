import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onNode, twinloopServer } from "../harness/server-list.mjs";

/**
 * The benchmark's app with one part more.
 *
 * @param {string} name
 * @param {string} title
 * @param {string} part
 * @returns {import("../harness/server-list.mjs").Server}
 */
const withPart = (name, title, part) => ({
  ...twinloopServer,
  name,
  title,
  env: { ...twinloopServer.env, BENCH_PART: part },
});

/**
 * Every server of the suite, in the order of each round. Servers that differ in a path alone are one program.
 *
 * @type {readonly import("../harness/server-list.mjs").Server[]}
 */
export const servers = [
  twinloopServer,
  withPart("governed", "Twinloop: auth, CORS, compression, rate limit", "governed"),
  withPart("layers-1", "Twinloop: one empty middleware", "layers/layers"),
  withPart("layers-5", "Twinloop: five empty middlewares", "layers/layers"),
  withPart("raw", "Twinloop: raw, Node's request and response", "files"),
  withPart("fetch", "Twinloop: raw, fetch style", "files"),
  withPart("files", "Twinloop: files and uploads", "files"),
  onNode("node-http", "node:http", undefined),
  onNode("fastify", "Fastify 5", "fastify"),
  onNode("hono", "Hono on node", "hono"),
  onNode("fastify-static", "Fastify 5 + @fastify/static", "@fastify/static"),
  onNode("busboy", "node:http + busboy", "busboy"),
  {
    name: "nginx",
    title: "nginx, one process",
    javascript: false,
    from: "limit",
    command: nginxCommand,
  },
];

/** One process that serves the folder of the static workload; a sentence where nginx is not installed. */
function nginxCommand() {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    return "nginx is not installed: `apt-get install nginx-light`";
  }
  return ["sh", fileURLToPath(new URL("nginx.sh", import.meta.url))];
}
