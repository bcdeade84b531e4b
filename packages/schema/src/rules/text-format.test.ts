import { expect, test } from "vitest";
import { fitsFormat } from "./text-format.ts";

test.each([
  "a@b.co",
  "first.last+tag@sub.example.org",
  "o'brien@example.ie",
  "x_y-z@a-b.example",
  "1@2.three",
])("%s is an email address", (text) => {
  expect(fitsFormat("email", text)).toBe(true);
});

test.each([
  ...[
    "",
    "a",
    "a@",
    "@b.co",
    "a@b",
    "a@@b.co",
    "a b@c.de",
    ".a@b.co",
    "a.@b.co",
    "a..b@c.de",
    "a@.co",
    "a@b..co",
  ],
  ...[
    "a@-b.co",
    "a@b-.co",
    "a@b.1",
    "a@[1.2.3.4]",
    '"a"@b.co',
    "a@b.co\n",
    "ä@b.co",
    `${"a".repeat(65)}@example.org`,
  ],
])("%j is no email address", (text) => {
  expect(fitsFormat("email", text)).toBe(false);
});

test.each([
  ...[
    "http://a",
    "https://example.org",
    "HTTPS://Example.org/",
    "http://localhost:3000/x?y=z#f",
    "http://a:/",
  ],
  ...["https://user:pass@example.org/", "http://127.0.0.1:8080", "http://[::1]:80/x", "http://example.org./"],
  ...["https://münchen.example/straße", "https://example.org/a%20b", "https://example.org/{x}|y"],
])("%s is a URL of the web", (text) => {
  expect(fitsFormat("url", text)).toBe(true);
});

test.each([
  ...[
    "",
    "example.org",
    "//example.org",
    "/x",
    "ftp://example.org",
    "javascript:alert(1)",
    "http:example.org",
  ],
  ...[
    "http://",
    "http:///x",
    "http://a b",
    "http://a/b c",
    "http://a/\n",
    "http://1.2.3.256",
    "http://1.2.3",
  ],
  ...[
    "http://[::1",
    "http://[zz]",
    "http://a:65536",
    "http://a:8o",
    "http://a..b",
    "http://.a",
    "http://a/%zz",
  ],
  ...[
    "http://a/%2",
    "http://a\\b",
    "http://ex%41mple.org",
    'http://a?"',
    " http://a",
    "http://user@",
    "http://0x7f.1/",
  ],
])("%j is no URL of the web", (text) => {
  expect(fitsFormat("url", text)).toBe(false);
});

test("UUIDs have a known version and variant, or are nil or max", () => {
  expect(fitsFormat("uuid", "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6")).toBe(true);
  expect(fitsFormat("uuid", "ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF")).toBe(true);
  expect(fitsFormat("uuid", "f81d4fae-7dec-91d0-a765-00a0c91e6bf6")).toBe(false);
  expect(fitsFormat("uuid", "f81d4fae-7dec-11d0-c765-00a0c91e6bf6")).toBe(false);
  expect(fitsFormat("uuid", "f81d4fae7dec11d0a76500a0c91e6bf6")).toBe(false);
});
