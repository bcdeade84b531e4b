import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";
import { DeclarationProblems } from "./declaration-problems.ts";

const prelude = `import { api, type Min, type MinLen, type Header, type SetCookie, type HttpStatus } from "@twinloop/api";
declare const key: unique symbol;
class Point { constructor(readonly x: number) {} length(): number { return this.x; } }
class Plain { x = 1; }
interface Ok { a: string }
enum Computed { A = "a".length }
interface Tags extends Array<string> { raw: string }
type Many = ${Array.from({ length: 257 }, (_, index) => `{ p${index}: string }`).join(" | ")};
`;

/** The type of `value`, and what is said about it. */
const refused: [type: string, code: string, message: RegExp][] = [
  ["Point", "type_class", /^`request\.value`: `Point` is a class$/],
  ["Plain", "type_class", /`Plain` is a class/],
  ["{ at: Point[] }", "type_class", /^`request\.value\.at\[\]`: `Point` is a class$/],
  ["() => void", "type_not_json", /`\(\) => void` is a function/],
  ["{ run(): void }", "type_not_json", /`request\.value\.run`.* is a function/],
  ["symbol", "type_not_json", /`symbol` is a symbol/],
  [
    "{ [Symbol.iterator](): Iterator<string> }",
    "type_not_json",
    /`request\.value\.iterator`.* is a function/,
  ],
  ["string[] & { size: number }", "type_not_json", /adds the property `size` to what JSON writes without/],
  ["Tags", "type_not_json", /`Tags` adds the property `raw` to what JSON writes as a list/],
  [
    "{ [k: string]: unknown; [n: number]: string }",
    "type_not_json",
    /several index signatures with different/,
  ],
  ["Map<string, number>", "type_not_json", /`Map<string, number>` cannot travel as JSON/],
  ["Set<string>", "type_not_json", /`Set<string>`/],
  ["WeakMap<Ok, string>", "type_not_json", /`WeakMap<Ok, string>`/],
  ["Promise<string>", "type_not_json", /`Promise<string>`/],
  ["RegExp", "type_not_json", /`RegExp`/],
  ["String", "type_not_json", /`String` cannot/],
  ["Float64Array", "type_not_json", /`Float64Array/],
  ["never", "type_not_json", /`never` has no values/],
  ["object", "type_not_json", /`object` does not declare its properties/],
  ["Computed", "type_not_json", /`Computed` has members without a constant value/],
  ["(string | undefined)[]", "type_not_json", /`request\.value\[\]`: `undefined`/],
  ["Uppercase<string>", "type_not_json", /maps the case/],
  ["Missing", "type_unresolved", /cannot be resolved/],
  ["Many", "type_too_wide", /union in which more than 256 types may fit/],
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

describe.each(["6", "7"] as const)("with TypeScript %s, a type without end", (typescript) => {
  const endless: [types: string, type: string, path: RegExp][] = [
    [
      "interface Inf<T> { v: T; n?: Inf<T[]> }",
      "Inf<string>",
      /^`request\.value\.….*n`: `Inf` contains itself/,
    ],
    [
      "interface L<T> { r?: R<T[]> } interface R<T> { l?: L<{ v: T }> }",
      "L<string>",
      /`(L|R)` contains itself/,
    ],
    ["type C<T> = T extends unknown ? { v: T; n?: C<[T]> | string } : never;", "C<1>", /contains itself/],
    ["interface T<V> { a?: T<V[]>; b?: T<{ v: V }> }", "T<string>", /`T` contains itself/],
    ["type S<T> = { v: T } | S<T[]>[];", "S<string>", /\[\]…\[\]`: This type contains itself/],
    ["type M<T> = { [K in 'a']?: M<[T]> };", "M<1>", /contains itself/],
    ["type G<T> = { p: Partial<{ g: G<T[]> }> };", "G<1>", /contains itself/],
  ];

  test.each(endless)("%s is refused with its place", (types, type, message) => {
    const { problems } = readApp(
      `import { api } from "@twinloop/api";\n${types}\nexport const a = api({ path: "/a" }, async (request: { value: ${type} }) => void request);\nexport const b = api({ path: "/b" }, async (request: symbol) => void request);\n`,
      { typescript },
    );
    expect(problems.map(({ code }) => code)).toEqual(["type_endless", "type_not_json"]);
    expect(problems[0]).toMatchObject({ file: "src/app.ts", message: expect.stringMatching(message) });
    expect(problems[0]?.line).toBeGreaterThan(1);
  });

  test("is told from a deep one: a list of lists ten deep is read", () => {
    const { problems } = readApp(
      `import { api } from "@twinloop/api";
interface Box<T> { v: T }
type Ten<T> = Box<Box<Box<Box<Box<Box<Box<Box<Box<Box<T>>>>>>>>>>;
export const a = api({ path: "/a" }, async (request: { value: Ten<Ten<string>>; list: string[][][][][][][][][][] }) => void request);
`,
      { typescript },
    );
    expect(problems).toEqual([]);
  });
});

test("of one endpoint ten problems are shown, and how many there are beside", () => {
  const fields = Array.from({ length: 14 }, (_, index) => `f${index}: symbol`).join("; ");
  const { problems } = readApp(
    `import { api } from "@twinloop/api";\nexport const many = api({ path: "/a" }, async (request: { ${fields} }) => void request);\nexport const b = api({ path: "/b" }, async (request: symbol) => void request);\n`,
  );
  expect(problems.map(({ code }) => code)).toEqual([
    ...Array.from({ length: 10 }, () => "type_not_json"),
    "more_problems",
    "type_not_json",
  ]);
  expect(problems[10]?.message).toBe("and 4 more problems of `many`");
});

test("what the checker throws is a problem of the declaration that was read", () => {
  const own = new DeclarationProblems(({ location }) => ({
    file: location.path,
    line: 3,
    column: 1,
    length: 1,
  }));
  const site = { location: { path: "src/app.ts", start: 0, end: 3 }, path: "send" };
  own.failed(new RangeError("Maximum call stack size exceeded\n  at somewhere"), site);
  expect(own.shown(site)).toEqual([
    {
      code: "checker_failed",
      file: "src/app.ts",
      line: 3,
      column: 1,
      length: 1,
      message: "The types of `send` could not be read: Maximum call stack size exceeded",
      hint: expect.any(String),
    },
  ]);
});

test("a field's problem points at the field, also in a type that is written in place", () => {
  const text = `import { api } from "@twinloop/api";\nexport const a = api({ method: "GET", path: "/a" }, async (r: { u: NoSuchType; nul: string | null }) => void r);\n`;
  const { problems } = readApp(text);
  const at = (word: string): number => (text.split("\n")[1] ?? "").indexOf(word) + 1;
  expect(problems.map(({ code, column, message }) => [code, column, message])).toEqual([
    ["type_unresolved", at("u: No"), "`request.u`: `NoSuchType` cannot be resolved"],
    ["field_not_scalar", at("nul:"), "`request.nul` travels in the query, which cannot hold null"],
  ]);
});

test("a class is what its toJSON gives in a response, and a problem with a short path in a request", () => {
  const text = `import { api } from "@twinloop/api";
class Decimal { readonly digits = [1]; toJSON(): string { return "1"; } }
interface Deep { a: { b: { c: { d: { e: { price: Decimal } } } } } }
export const out = api({ path: "/out" }, async (): Promise<{ price: Decimal; at: URL }> => ({ price: new Decimal(), at: new URL("http://a") }));
`;
  const { manifest, problems } = readApp(text);
  expect(problems).toEqual([]);
  expect(manifest.types.slice(1)).toEqual([{ kind: "string" }]);
  const merged = readApp(
    `${text}interface Doc { _id: string; toJSON(): { id: string } }
export const b = api({ path: "/b" }, async (): Promise<{ d: Doc & { extra: number } }> => { throw new Error(); });\n`,
  );
  expect(merged.problems).toEqual([]);
  expect(merged.manifest.types).toContainEqual(
    expect.objectContaining({ properties: [expect.objectContaining({ name: "id" })] }),
  );
  const both = readApp(`${text}export const in_ = api({ path: "/in" }, async (r: Deep) => void r);\n`);
  expect(both.problems).toEqual([
    expect.objectContaining({ code: "type_class", message: "`request.a.….e.price`: `Decimal` is a class" }),
  ]);
});

describe("a marker of the request in a response that is not declared", () => {
  const request = `{ sid: Cookie<"sid">; ua?: Header<"User-Agent">; q: Query }`;
  test.each([
    ["`response.sid` is a `Cookie`", "async ({ sid }) => ({ sid, at: 1 })"],
    ["`response.ua` is a `Header`", "async ({ ua }) => ({ ua })"],
    ["`response.q` is a `Query`", "async ({ q }) => ({ q })"],
    ["`response.sid` is a `Cookie`", "async (request) => ({ ...request })"],
    ["`response.ua` is a `Header`", "async (request) => request"],
    ["`response` is a `Cookie`", "async ({ sid }) => sid"],
    ["`response[]` is a `Cookie`", "async ({ sid }) => [sid]"],
    ["`response.data.q` is a `Query`", "async (request) => wrap(request)"],
    ["`response.a` is a `Cookie`", "async ({ sid, ua }) => (ua ? { a: sid } : { b: 1 })"],
    ["`response.m` is a `Cookie` of", "async ({ sid, q }) => ({ m: q ? sid : 1 })"],
  ])("is a problem: %s in %s", (message, handler) => {
    const typed = handler.replace(/async \((\{.*?\}|request)\)/, `async ($1: ${request})`);
    const { problems } = readApp(
      `import { api, type Cookie, type Header, type Query } from "@twinloop/api";
function wrap<T>(data: T): { data: T } { return { data }; }
export const a = api({ method: "GET", path: "/a" }, ${typed});
`,
    );
    expect(problems).toContainEqual(
      expect.objectContaining({ code: "field_misplaced", message: expect.stringContaining(message) }),
    );
  });

  test("is none where the response is declared, but for a query field", () => {
    const declared = (response: string): string[] =>
      readApp(`import { api, type Cookie, type Header, type Query } from "@twinloop/api";
export const a = api({ method: "GET", path: "/a" }, async (request: ${request}): Promise<${response}> => { throw request; });
`).problems.map(({ message }) => message);
    expect(declared(`{ type: Header<"Content-Type">; sid: Cookie<"sid">; body: string }`)).toEqual([]);
    expect(declared("{ q: Query }")).toEqual([
      "`response.q` is a `Query` of the request, returned with its marker",
    ]);
  });
});

test.each(["GET", "POST"])("a place holds for a whole union or is a problem, in a %s request", (method) => {
  const read = (type: string): ReturnType<typeof readApp> =>
    readApp(`import { api, type Header, type Query } from "@twinloop/api";
export const a = api({ method: "${method}", path: "/a" }, async (request: { f: ${type} }) => void request);
`);
  for (const type of ['Query<"asc" | "desc", "sort">', 'Query<boolean, "sort">', 'Query<1 | 2, "sort">']) {
    const { manifest, problems } = read(type);
    expect(problems).toEqual([]);
    expect(manifest.endpoints[0]?.request?.fields).toMatchObject([{ name: "f", in: "query", wire: "sort" }]);
  }
  for (const type of ['Header<"X-A"> | null', 'Query<"a"> | number']) {
    expect(read(type).problems.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^`request\.f` is a `(Header|Query)` in one part of its union and none in another$/,
      ),
    );
  }
});
