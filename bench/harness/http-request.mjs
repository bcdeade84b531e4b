import { request } from "node:http";

/**
 * An answer, read to its end. `headers` have names in lower case.
 *
 * @typedef {{ status: number, contentType: string, text: string, headers: import("node:http").IncomingHttpHeaders }} Answer
 */

/**
 * Sends one request on a connection of its own.
 *
 * Shape:  rejects when no answer comes; `timeoutMs` is the longest silence, default 2 000.
 *
 * @param {number} port on 127.0.0.1
 * @param {{ method?: string, target: string, headers?: Record<string, string>, body?: string, timeoutMs?: number }} options
 * @returns {Promise<Answer>}
 */
export function sendRequest(port, { method = "GET", target, headers = {}, body = "", timeoutMs = 2000 }) {
  return new Promise((resolve, reject) => {
    const length = body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(
      { host: "127.0.0.1", port, method, path: target, headers: { ...headers, ...length }, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.on("error", reject);
        response.on("end", () => {
          const contentType = response.headers["content-type"] ?? "";
          resolve({ status: response.statusCode ?? 0, contentType, text, headers: response.headers });
        });
      },
    );
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on("error", reject);
    sent.end(body);
  });
}
