import { describe, expect, test } from "vitest";
import { readApp } from "../test/read-app.ts";

const prelude = `import { api, type Min, type MinLen, type Header, type SetCookie, type HttpStatus } from "@twinloop/api";
declare const key: unique symbol;
class Point { constructor(readonly x: number) {} length(): number { return this.x; } }
class Plain { x = 1; }
interface Ok { a: string }
enum Computed { A = "a".length }
type Many = ${Array.from({ length: 17 }, (_, index) => `{ p${index}: string }`).join(" | ")};
`;

/** The type of `value`, and what is said about it. */
const refused: [type: string, code: string, message: RegExp][] = [
  ["Point", "type_class", /^`request\.value`: `Point` is a class$/],
  ["Plain", "type_class", /`Plain` is a class/],
  ["{ at: Point[] }", "type_class", /^`request\.value\.at\[\]`: `Point` is a class$/],
  ["() => void", "type_not_json", /`\(\) => void` is a function/],
  ["{ run(): void }", "type_not_json", /`request\.value\.run`.* is a function/],
  ["symbol", "type_not_json", /`symbol` is a symbol/],
  ["{ [key]: string }", "type_not_json", /`request\.value\.key` is keyed by the symbol `\[key\]`/],
  ["Map<string, number>", "type_not_json", /`Map<string, number>` cannot travel as JSON/],
  ["Set<string>", "type_not_json", /`Set<string>`/],
  ["WeakMap<Ok, string>", "type_not_json", /`WeakMap<Ok, string>`/],
  ["Promise<string>", "type_not_json", /`Promise<string>`/],
  ["RegExp", "type_not_json", /`RegExp`/],
  ["String", "type_not_json", /`String` cannot/],
  ["Float64Array", "type_not_json", /`Float64Array/],
  ["never", "type_not_json", /`never` has no values/],
  ["object", "type_not_json", /`object` says nothing/],
  ["Computed", "type_not_json", /`Computed` has members without a constant value/],
  ["(string | undefined)[]", "type_not_json", /`request\.value\[\]`: `undefined`/],
  ["Uppercase<string>", "type_not_json", /maps the case/],
  ["string & { size: number }", "type_not_json", /has no values/],
  ["Missing", "type_unresolved", /cannot be resolved/],
  ["Many", "type_too_wide", /union of more than 16 types/],
  ["MinLen<1>", "constraint_misplaced", /constrains no type/],
  ["boolean & Min<1>", "constraint_misplaced", /`Min` says nothing about a value of kind `literal`/],
  ["string & Min<1>", "constraint_misplaced", /`Min` says nothing about a value of kind `string`/],
  ["number & Min<number>", "constraint_misplaced", /`Min` needs one literal/],
  ["{ inner: Header<'X-A'> }", "field_misplaced", /`Header<…>` is read only at the top/],
  ["SetCookie<'a'>", "field_misplaced", /`SetCookie` is for responses/],
  ["HttpStatus", "field_misplaced", /`HttpStatus` is for responses/],
  ["[...string[], number]", "type_not_json", /rest element before others/],
];

const text =
  prelude +
  refused
    .map(
      ([type], index) =>
        `export const e${index} = api({ path: "/e${index}" }, async (request: { value: ${type} }) => void request);\n`,
    )
    .join("");
const line = (index: number): number => prelude.split("\n").length + index;

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  const { problems } = readApp(text, { typescript });

  test.each(refused.map((entry, index) => [...entry, index] as const))(
    "%s is refused as %s",
    (type, code, message, index) => {
      const found = problems.filter((problem) => problem.line === line(index));
      expect(found).toContainEqual(
        expect.objectContaining({
          code,
          file: "src/app.ts",
          message: expect.stringMatching(message),
          hint: expect.any(String),
        }),
      );
      const before = text.split("\n")[line(index) - 1]?.indexOf("value: ") ?? 0;
      expect(found[0]?.column).toBeGreaterThan(before);
      expect(found[0]?.column).toBeLessThan(before + 8 + type.length);
    },
  );
});

test("all problems of all files are reported together, in the order of places", () => {
  const { problems } = readApp({
    "src/b.ts":
      'import { api } from "@twinloop/api";\nexport const b = api({ path: "/b" }, async (r: { m: Map<string, string>; f: () => void }) => void r);\n',
    "src/a.ts":
      'import { api } from "@twinloop/api";\nexport const a = api({ path: "/a" }, async (r: symbol) => void r);\n',
  });
  expect(problems.map(({ file, line: at, code }) => [file, at, code])).toEqual([
    ["src/a.ts", 2, "type_not_json"],
    ["src/b.ts", 2, "type_not_json"],
    ["src/b.ts", 2, "type_not_json"],
  ]);
});

test("a type in another file is reported where it is declared", () => {
  const { problems } = readApp({
    "src/app.ts":
      'import { api } from "@twinloop/api";\nimport type { Link } from "./link.js";\nexport const a = api({ path: "/a" }, async (link: Link) => void link);\n',
    "src/link.ts": "export interface Link {\n  id: string;\n  seen: Set<string>;\n}\n",
  });
  expect(problems).toEqual([
    {
      code: "type_not_json",
      file: "src/link.ts",
      line: 3,
      column: 3,
      length: 18,
      message: "`request.seen`: `Set<string>` cannot travel as JSON",
      hint: "Declare an array.",
    },
  ]);
});

test("a type parameter that is still open is refused", () => {
  const { problems } = readApp(`import { api } from "@twinloop/api";
type Open<T> = { value: T extends string ? "a" : "b" };
function typed<T>(): (request: Open<T>) => Promise<void> { return async () => {}; }
export const a = api({ path: "/a" }, typed());
export const b = api<<T>() => T>({ path: "/b" }, async () => {});
`);
  expect(problems.map(({ code }) => code)).toContain("type_not_json");
});

test("a syntax error is reported as the checker words it", () => {
  const { problems } = readApp("export const a = ;\n");
  expect(problems).toEqual([expect.objectContaining({ code: "syntax", line: 1, column: 18 })]);
});

test("a folder without sources is one clear problem", () => {
  const { problems } = readApp({ "README.md": "" });
  expect(problems).toEqual([
    expect.objectContaining({ code: "no_sources", hint: expect.stringContaining("tsconfig.json") }),
  ]);
});
