import fc from "fast-check";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { runApp } from "./app.ts";

const isFull = process.env["FULL"] === "1";
const LOG = JSON.stringify(new URL("../../core-native/dist/index.js", import.meta.url).href);

/** Characters that one escape or another treats in its own way. */
const hostile = fc.array(
  fc.constantFrom(...[..."\"'`\\/<>&%+=#$ \n\t\r\b\f\v\u0001\u001b\u007fé€😀{}[],:n0aZ"]),
  { minLength: 4, maxLength: 14 },
);

/** Long enough to be looked for, whatever is taken out of it. */
const values = fc
  .tuple(hostile, hostile)
  .map(([first, second]) => `${first.join("")}k3Y-m4Rk${second.join("")}end`);

/** Every road that a value may take into a line of the log. */
const ROADS = `
  log.info("text " + value + " after");
  log.info(value);
  log.info("field", { value, deep: [{ a: { b: value } }], [value]: 1 });
  log.info({ value });
  let nested = value;
  for (let depth = 1; depth <= 5; depth++) {
    nested = JSON.stringify({ nested });
    log.info("json " + nested, { nested });
  }
  log.info("inspected " + inspect(value) + inspect({ value, list: [value] }), { of: inspect([[value]]) });
  log.info("formatted " + format("%s %o %O %j", value, { value }, { value }, { value }));
  log.error(new Error("failed: " + value, { cause: new TypeError(value) }));
  log.error(new AggregateError([new Error(value)], "many"), "many failed", { value });
  log.error({ thrown: value }, "thrown");
  log.with({ value }).warn("bound");
  const bytes = Buffer.from(value);
  log.info("bytes", { bytes, array: new Uint8Array(bytes), view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) });
  log.info("bytes " + inspect(bytes) + inspect(new Uint8Array(bytes)) + JSON.stringify(bytes) + JSON.stringify(new Uint8Array(bytes)));
  log.info("collections", { map: new Map([[value, value]]), set: new Set([value]), pairs: new Map([[{}, value]]) });
  const cyclic = { value, map: new Map([["k", value]]) };
  cyclic.self = cyclic;
  log.info("cyclic", { cyclic });
  log.info("encoded " + bytes.toString("base64") + " " + bytes.toString("base64url") + " " + bytes.toString("hex"));
  log.info("basic " + Buffer.from("user:" + value).toString("base64"));
  const wellFormed = encodeURIComponent(value);
  log.info("url " + wellFormed + " " + new URLSearchParams({ value }));
  log.info("html " + value.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]));
`;

const app = (count: number): string => `
  import { inspect, format } from "node:util";
  import { log } from ${LOG};
  const keys = Array.from({ length: ${count} }, (_, number) => secret("S" + number));
  await start({ banner: false });
  for (const key of keys) {
    const value = key();
    ${ROADS}
    log.info("(next value)");
  }
  await stop();`;

/** All texts in a line: itself, and what is JSON in it, to any depth. */
function texts(value: unknown): string[] {
  if (typeof value === "string") {
    const inner = /[[{"]/.test(value) ? parsed(value) : undefined;
    return [value, ...(inner === undefined ? [] : texts(inner))];
  }
  if (Array.isArray(value)) {
    const bytes = value.every((item) => Number.isInteger(item) && item >= 0 && item < 256);
    return [...(bytes ? [Buffer.from(value as number[]).toString()] : []), ...value.flatMap(texts)];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => [key, ...texts(item)]);
  }
  return [];
}

function parsed(text: string): unknown {
  const start = text.search(/[[{"]/);
  try {
    return JSON.parse(text.slice(start));
  } catch {
    return undefined;
  }
}

/** Ways in which a reader would recognise the value. */
function disguises(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const inspected = inspect(value).slice(1, -1);
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    inspected,
    JSON.stringify(inspected).slice(1, -1),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, "").slice(0, -1),
    encodeURIComponent(value),
    [...bytes].join(","),
    // The middle, which no escape changes.
    "k3Y-m4Rk",
    Buffer.from("k3Y-m4Rk").toString("hex"),
    [...Buffer.from("k3Y-m4Rk")].join(","),
  ];
}

test(
  "no secret is seen in the log, whatever its characters and whatever road it takes",
  { timeout: 120_000 },
  async () => {
    const sample = fc.sample(values, { numRuns: isFull ? 300 : 40, seed: isFull ? Date.now() % 1e9 : 7 });
    const env = Object.fromEntries(sample.map((value, number) => [`S${number}`, value]));
    for (const format of ["json", "pretty"]) {
      const { stdout, stderr, code } = await runApp(app(sample.length), {
        env: { ...env, LOG_FORMAT: format },
      });
      expect(code, stderr).toBe(0);
      expect(stderr).toBe("");
      const parts = stdout.split(/^.*\(next value\).*\n/m);
      expect(parts.length).toBe(sample.length + 1);
      for (const [number, value] of sample.entries()) {
        const lines = parts[number]!.split("\n").filter((line) => line !== "");
        expect(lines.length).toBeGreaterThanOrEqual(20);
        // A line of JSON stays one: redaction leaves no half of an escape behind.
        const shown = format === "json" ? lines.flatMap((line) => [line, ...texts(JSON.parse(line))]) : lines;
        const marks = disguises(value);
        const seen = shown.filter((text) => marks.some((mark) => text.includes(mark)));
        expect(seen.slice(0, 3)).toEqual([]);
      }
    }
  },
);
