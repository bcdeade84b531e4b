import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";
import type { EndpointModel, Manifest } from "@twinloop/core-native/build-time";

const imported = `import {
  api, file, redirect, HTML, CSV, TextBody,
  type BytesBody, type FileBody, type Form, type Header, type HttpStatus, type MaxLen, type Min, type Multipart, type Query,
  type Redirect, type Sensitive, type SetCookie, type UploadedFile,
} from "@twinloop/api";
interface Link { id: string }
`;

function read(
  handler: string,
  options = 'method: "POST", path: "/"',
): { manifest: Manifest; endpoint: EndpointModel } {
  const text = `${imported}export const one = api({ ${options} }, ${handler});\n`;
  const { manifest, problems } = readApp({ "src/app.ts": text });
  expect(problems).toEqual([]);
  return { manifest, endpoint: manifest.endpoints[0]! };
}

function fields(handler: string, options?: string): object {
  const { manifest, endpoint } = read(handler, options);
  const { request } = endpoint;
  const kinds = request!.fields.map(
    (field) => `${field.in} ${field.name}: ${manifest.types[field.type]!.kind}`,
  );
  return { fields: kinds, body: request!.body, bodyAs: request!.bodyAs };
}

function problems(handler: string, options = 'method: "POST", path: "/"'): string[] {
  const text = `${imported}export const one = api({ ${options} }, ${handler});\n`;
  return readApp({ "src/app.ts": text }).problems.map(
    ({ code, message, hint }) => `${code} ${message} ${hint}`,
  );
}

describe("requests", () => {
  test("a form's fields are those that nothing else places", () => {
    expect(
      fields(
        'async (r: Form<{ id: string; a: number & Min<1>; tags: string[]; page: Query<number>; agent: Header<"User-Agent"> }>) => {}',
        'method: "POST", path: "/:id"',
      ),
    ).toEqual({
      fields: [
        "path id: string",
        "form a: number",
        "form tags: array",
        "query page: number",
        "header agent: string",
      ],
      body: null,
      bodyAs: "form",
    });
  });

  test("a secret form is secret in each field", () => {
    const { endpoint } = read("async (r: Sensitive<Form<{ a: string; b?: string }>>) => {}");
    expect(endpoint.request!.fields.map(({ sensitive, optional }) => [sensitive, optional])).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  test("a multipart request has files, lists of them and fields", () => {
    const { manifest, endpoint } = read(
      "async (r: Multipart<{ title: string; photo: UploadedFile; more?: UploadedFile[] & MaxLen<3> }>) => {}",
    );
    const { fields: read_, bodyAs } = endpoint.request!;
    expect(bodyAs).toBe("multipart");
    expect(read_.map(({ in: place, name, optional }) => [place, name, optional])).toEqual([
      ["form", "title", false],
      ["file", "photo", false],
      ["file", "more", true],
    ]);
    expect(manifest.types[read_[2]!.type]).toMatchObject({ kind: "array", maxItems: 3 });
  });

  test("a request that is nothing but bytes or a text is the body", () => {
    for (const [type, bodyAs] of [
      ["Uint8Array", "bytes"],
      ["Buffer", "bytes"],
      ["BytesBody", "bytes"],
      ["TextBody", "text"],
    ]) {
      expect(fields(`async (r: ${type}) => {}`), type).toEqual({ fields: [], body: null, bodyAs });
    }
  });

  test("bytes or a text are one field beside those of path, query and headers", () => {
    expect(fields("async (r: { id: string; data: BytesBody }) => {}", 'method: "PUT", path: "/:id"')).toEqual(
      {
        fields: ["path id: string", "body data: any"],
        body: null,
        bodyAs: "bytes",
      },
    );
    expect(fields("async (r: { note: TextBody; page: Query<number> }) => {}")).toMatchObject({
      bodyAs: "text",
    });
  });

  test("bytes as a field of JSON are base64, as before", () => {
    const { endpoint } = read("async (r: { data: Uint8Array }) => {}");
    expect(endpoint.request!.bodyAs).toBeUndefined();
    expect(endpoint.request!.body).not.toBeNull();
  });

  test.each([
    ["async (r: Form<{ f: UploadedFile }>) => {}", "field_misplaced `request.f` is a file"],
    ["async (r: Form<{ o: { a: string } }>) => {}", "field_not_scalar `request.o`"],
    ["async (r: Form<Record<string, string>>) => {}", "field_misplaced `request`"],
    ["async (r: { f: UploadedFile }) => {}", "type_class `request.f`: `UploadedFile` is a body of its own"],
    ["async (r: { f: Form<{ a: string }> }) => {}", "field_misplaced `request.f`: `Form` says how"],
    ["async (r: { a: TextBody; b: BytesBody }) => {}", "field_misplaced `request.b` is a second body"],
    [
      "async (r: { a: BytesBody; b: string }) => {}",
      "field_misplaced `request`: `{ a: BytesBody; b: string; }` has a body",
    ],
    [
      "async (r: { a?: BytesBody }) => {}",
      "field_misplaced `request.a` is the whole body, and cannot be optional",
    ],
    ["async (r: Uint8Array & MaxLen<10>) => {}", "constraint_misplaced `request` is a body of bytes"],
    ["async (r: { a: { b: BytesBody } }) => {}", "field_misplaced `request.a.b`: `BytesBody`"],
    ["async (r: Form<{ a: string }> | { b: string }) => {}", "field_misplaced"],
  ])("%s is refused", (handler, expected) => {
    expect(problems(handler).join("\n")).toContain(expected);
  });

  test.each(["Form<{ a: string }>", "Uint8Array", "TextBody", "{ a: TextBody }"])("GET has no %s", (type) => {
    expect(problems(`async (r: ${type}) => {}`, 'method: "GET", path: "/"').join()).toContain("have no body");
  });

  test("a route that binds fields asks for the body as one", () => {
    expect(problems("async (r: Uint8Array) => {}", 'method: "PUT", path: "/:id"').join()).toContain(
      "body: BytesBody",
    );
  });
});

describe("responses", () => {
  function response(handler: string): object {
    const { manifest, endpoint } = read(handler, 'method: "GET", path: "/"');
    const { body, ...place } = endpoint.response!;
    return { ...place, body: body === null ? null : manifest.types[body]!.kind };
  }

  test.each([
    ["HTML", ["html"]],
    ["Promise<CSV>", ["csv"]],
    ["Promise<TextBody>", ["text"]],
    ["Promise<Uint8Array>", ["bytes"]],
    ["Promise<Buffer>", ["bytes"]],
    ["Promise<FileBody>", ["file"]],
    ["Promise<Redirect | HTML>", ["html", "redirect"]],
  ])("%s is sent as it is", (type, sends) => {
    expect(response(`((): ${type} => null!)`)).toEqual({ fields: [], body: null, sends });
  });

  test("an inferred body is found too", () => {
    expect(response('async () => (Math.random() > 0.5 ? redirect("/x", 303) : file("/a"))')).toEqual({
      fields: [],
      body: null,
      sends: ["file", "redirect"],
    });
  });

  test("a body stands beside JSON, and beside nothing", () => {
    expect(response("async (): Promise<Link | HTML> => null!")).toEqual({
      fields: [],
      body: "object",
      sends: ["html"],
    });
    expect(response("async (): Promise<HTML | undefined> => undefined")).toMatchObject({
      bodyOptional: true,
      sends: ["html"],
    });
  });

  test("a body is one field beside cookies, headers and a status", () => {
    expect(
      response(
        'async (): Promise<{ page: HTML | Redirect; session: SetCookie<"session">; status: HttpStatus }> => null!',
      ),
    ).toMatchObject({
      fields: [
        { name: "session", in: "cookie" },
        { name: "status", in: "status" },
      ],
      body: null,
      sends: ["html", "redirect"],
      bodyField: "page",
    });
  });

  test.each([
    ["async (): Promise<{ page: HTML; id: string }> => null!", "fields that would be a JSON body"],
    ["async (): Promise<{ page?: HTML }> => null!", "`HTML` is a body of its own"],
    ["async (): Promise<{ a: { page: HTML } }> => null!", "`HTML` is a body of its own"],
    ["async (): Promise<HTML[]> => null!", "`HTML` is a body of its own"],
    ["async (): Promise<{ page: HTML } | { id: string }> => null!", "only some members"],
  ])("%s is refused", (handler, expected) => {
    expect(problems(handler, 'method: "GET", path: "/"').join("\n")).toContain(expected);
  });
});

describe("sealed cookies", () => {
  const cookies = 'import type { EncryptedCookie, SignedCookie } from "@twinloop/api";\n';

  function endpointOf(handler: string): { manifest: Manifest; endpoint: EndpointModel } {
    const text = `${cookies}${imported}export const one = api({ method: "POST", path: "/" }, ${handler});\n`;
    const { manifest, problems: found } = readApp({ "src/app.ts": text });
    expect(found).toEqual([]);
    return { manifest, endpoint: manifest.endpoints[0]! };
  }

  test("a request has them by name, seal and type", () => {
    const { manifest, endpoint } = endpointOf(
      'async (r: { a?: SignedCookie<{ user: string }, "session">; b: EncryptedCookie<number> | null; c: SignedCookie<"x" | "y">; d: string }) => {}',
    );
    const read_ = endpoint.request!.fields.map(({ type, ...field }) => ({
      ...field,
      kind: manifest.types[type]!.kind,
    }));
    expect(read_).toEqual([
      { name: "a", in: "cookie", wire: "session", optional: true, sealed: "signed", kind: "object" },
      {
        name: "b",
        in: "cookie",
        wire: "b",
        optional: false,
        sealed: "encrypted",
        nullable: true,
        kind: "number",
      },
      { name: "c", in: "cookie", wire: "c", optional: false, sealed: "signed", kind: "enum" },
    ]);
  });

  test("a response sets them, beside JSON or a body of its own", () => {
    for (const [type, more] of [
      ['{ s: SignedCookie<Link, "session">; id: string }', {}],
      ['{ s: SignedCookie<Link, "session">; to: Redirect }', { bodyField: "to" }],
    ] as const) {
      const { endpoint } = endpointOf(`async (): Promise<${type}> => null!`);
      expect(endpoint.response).toMatchObject({
        fields: [{ name: "s", in: "cookie", wire: "session", sealed: "signed" }],
        ...more,
      });
    }
  });

  test("a sealed cookie within the body is refused", () => {
    const text = `${cookies}${imported}export const one = api({ method: "POST", path: "/" }, async (r: { a: { b: SignedCookie<string> } }) => {});\n`;
    expect(readApp({ "src/app.ts": text }).problems.map(({ code }) => code)).toEqual(["field_misplaced"]);
  });
});

test("limits of forms and files are refused where the request is no form", () => {
  const told = (request: string): string[] =>
    readApp(
      `${'import { api, type Form, type Multipart, type UploadedFile } from "@twinloop/api";\n'}export const a = api({ path: "/a", uploads: { maxFiles: 1 } }, async (_: ${request}) => ({ n: 1 }));\n`,
    ).problems.map(({ code, message }) => `${code}: ${message}`);
  const fault = "option_invalid: `uploads` limits forms and files, and the request of this endpoint is none";
  expect(told("{ a: string }")).toEqual([fault]);
  expect(told("void")).toEqual([fault]);
  expect(told("Form<{ a: string }>")).toEqual([]);
  expect(told("Multipart<{ a: UploadedFile }>")).toEqual([]);
});
