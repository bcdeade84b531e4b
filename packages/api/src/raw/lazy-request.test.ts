import { expect, test } from "vitest";
import { requestOf, type RequestParts } from "./lazy-request.ts";

const ADDRESS = "http://a.test/b?c=d";

function parts(given: Partial<RequestParts> = {}): RequestParts {
  const { signal } = new AbortController();
  const rawHeaders = ["host", "a.test", "x-tag", "a", "X-Tag", "b"];
  return { method: "POST", signal, rawHeaders, body: Buffer.from("text"), address: () => ADDRESS, ...given };
}

test("a request is one, whatever is asked of it", async () => {
  const request = requestOf(parts());
  expect(request).toBeInstanceOf(Request);
  expect(Object.prototype.toString.call(request)).toBe("[object Request]");
  expect([request.method, request.url, request.headers.get("x-tag")]).toEqual(["POST", ADDRESS, "a, b"]);
  expect([request.redirect, request.bodyUsed, request.body instanceof ReadableStream]).toEqual([
    "follow",
    false,
    true,
  ]);
  expect(await request.text()).toBe("text");
  expect(request.bodyUsed).toBe(true);
  await expect(request.text()).rejects.toThrow(TypeError);
});

test("method, headers and signal are told without the address", () => {
  const { signal } = new AbortController();
  const request = requestOf(parts({ signal, address: () => expect.unreachable() }));
  expect([request.method, request.headers.get("host")]).toEqual(["POST", "a.test"]);
  expect(request.signal).toBe(signal);
});

test("a copy has the headers as they are when it is made", async () => {
  const request = requestOf(parts());
  request.headers.set("x-early", "1");
  expect(request.clone().headers.get("x-early")).toBe("1");
  request.headers.set("x-late", "2");
  request.headers.delete("x-early");
  const copy = new Request(request);
  expect([copy.headers.get("x-early"), copy.headers.get("x-late"), copy.url]).toEqual([null, "2", ADDRESS]);
  expect(await copy.text()).toBe("text");
});

test("a copy is aborted with the request", () => {
  const controller = new AbortController();
  const request = requestOf(parts({ signal: controller.signal }));
  const copy = new Request(request, { method: "PUT" });
  controller.abort();
  expect([request.signal.aborted, copy.signal.aborted, copy.method]).toEqual([true, true, "PUT"]);
});

test("a request without a body has none", async () => {
  const request = requestOf(parts({ method: "GET", body: undefined }));
  expect(request.body).toBeNull();
  expect(await request.text()).toBe("");
});
