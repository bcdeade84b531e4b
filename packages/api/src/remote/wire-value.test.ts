import { expect, test } from "vitest";
import { HTML, TextBody, CSV } from "../body/content.ts";
import { file } from "../body/file.ts";
import { redirect } from "../body/redirect.ts";
import { UploadedFile } from "../body/uploaded-file.ts";
import { readValue, writeValue } from "./wire-value.ts";

test.each([
  ["scalars", [1, -0.5, "a", true, null]],
  ["a date", { at: new Date(5) }],
  ["a bigint", [12345678901234567890n]],
  ["bytes", { bytes: new Uint8Array([0, 255]) }],
  ["a string that looks like a tag", ["\0d5", "\0"]],
  ["a page", new HTML("<p>", { status: 404, headers: { "x-a": "b" } })],
  ["a text", { body: new TextBody("a,b", "text/markdown") }],
  ["a table", new CSV([["a", 1]], { name: "a.csv" })],
  ["a redirect", redirect("/there", 308)],
  ["an own __proto__", JSON.parse('{"__proto__":{"a":1}}') as object],
])("%s comes back as it was", (_, value) => {
  expect(readValue(writeValue(value))).toStrictEqual(value);
});

test("a Buffer comes back as bytes", () => {
  expect(readValue(writeValue(Buffer.from("a")))).toStrictEqual(new Uint8Array([97]));
});

test.each([
  ["an uploaded file", new UploadedFile(new Uint8Array([1]))],
  ["a file to send", file("/etc/hostname")],
])("%s is refused", (_, value) => {
  expect(() => writeValue({ value })).toThrow(expect.objectContaining({ code: "unimplemented" }));
});

test("a text of another version is refused", () => {
  expect(() => readValue('"\\u0000zzz"')).toThrow(TypeError);
});
