import type { AskTools, EndpointAnswer } from "../../contract.ts";
import { fill, type Draft, type DraftFault } from "./draft.ts";
import { fieldOf, fieldsOf, type FormField } from "./schema-fields.ts";

/** A request as `endpoints.call` takes it. */
export type EndpointCall = AskTools["endpoints.call"]["input"];

/** The form of an endpoint: the fields of each part of its request. */
export interface EndpointForm {
  readonly path: readonly FormField[];
  readonly query: readonly FormField[];
  readonly headers: readonly FormField[];
  readonly cookies: readonly FormField[];
  /** `null` for an endpoint without a body, or with one that has no schema. */
  readonly body: FormField | null;
}

/** What is filled in for each part, beside headers of the user's own, a line each, and the body of a raw endpoint. */
export interface CallDraft {
  readonly method: string;
  readonly path: Draft;
  readonly query: Draft;
  readonly headers: Draft;
  readonly cookies: Draft;
  readonly body: Draft;
  readonly moreHeaders: string;
}

/** Headers that the call writes by itself, whatever an endpoint reads of them. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
]);

/** Makes the form of an endpoint from its schemas. */
export function formOf(endpoint: EndpointAnswer): EndpointForm {
  const named = pathNames(endpoint.path);
  const known = fieldsOf(endpoint.pathParams);
  const plain = (label: string): FormField => fieldOf({ type: "string" }, label);
  return {
    path: named.map((label) => known.find((field) => field.label === label) ?? plain(label)),
    query: fieldsOf(endpoint.query),
    headers: fieldsOf(endpoint.headers).filter(({ label }) => !OF_CONNECTION.has(label.toLowerCase())),
    cookies: fieldsOf(endpoint.cookies),
    // Of a stream, the schema is that of its messages: the request that opens it has no body.
    body: endpoint.body === null || endpoint.kind === "stream" ? null : fieldOf(endpoint.body),
  };
}

/** The names of a path's parameters, in their order: `/links/:slug/*rest` -> `slug`, `rest`. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/\/[:*!]([^/]+)/g)].map((match) => match[1] ?? "");
}

/** Builds the request of a filled form. Faults are what keeps the request from being built. */
export function buildCall(
  endpoint: EndpointAnswer,
  form: EndpointForm,
  draft: CallDraft,
): { readonly call: EndpointCall; readonly faults: readonly DraftFault[] } {
  const path = fillPart(form.path, draft.path);
  const query = fillPart(form.query, draft.query);
  const headers = fillPart(form.headers, draft.headers);
  const cookies = fillPart(form.cookies, draft.cookies);
  const more = readHeaders(draft.moreHeaders);
  const body = form.body === null ? { value: undefined, faults: [] } : fill(form.body, draft.body, "");
  const raw = form.body === null && typeof draft.body === "string" && draft.body !== "" ? draft.body : null;
  const sent = encodeBody(endpoint.bodyType ?? "json", body.value);
  const missing = form.path
    .filter(({ label }) => (path.values[label] ?? "") === "")
    .map(({ label }) => ({ place: label, message: "is part of the path and must be given" }));
  const ownHeaders = Object.entries(headers.values).map(([name, value]) => [name, asText(value)]);
  return {
    call: {
      method: draft.method,
      path: `${fillPath(endpoint.path, path.values)}${queryText(query.values)}`,
      headers: {
        ...(sent === null ? {} : { "content-type": sent.type }),
        ...cookieHeader(cookies.values),
        ...(Object.fromEntries(ownHeaders) as Record<string, string>),
        ...more.headers,
      },
      body: sent?.text ?? raw,
    },
    faults: [path, query, headers, cookies, more, body].reduce<DraftFault[]>(
      (all, { faults }) => [...all, ...faults],
      missing,
    ),
  };
}

/** The line between the parts of a multipart body. */
const BOUNDARY = "twinloop-dashboard-part";

/** A body as its endpoint reads it; `null` where nothing is given. Files of a multipart body are sent as text. */
function encodeBody(
  form: NonNullable<EndpointAnswer["bodyType"]>,
  value: unknown,
): { readonly type: string; readonly text: string } | null {
  if (value === undefined) return null;
  const fields = (): [string, string][] =>
    Object.entries(value as object).flatMap(([name, field]) =>
      (Array.isArray(field) ? field : [field]).map((entry): [string, string] => [name, asText(entry)]),
    );
  switch (form) {
    case "json":
      return { type: "application/json", text: JSON.stringify(value) };
    case "form":
      return { type: "application/x-www-form-urlencoded", text: new URLSearchParams(fields()).toString() };
    case "multipart": {
      const parts = fields().map(
        ([name, text]) =>
          `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${encodeURIComponent(name)}"\r\n\r\n${text}\r\n`,
      );
      return {
        type: `multipart/form-data; boundary=${BOUNDARY}`,
        text: `${parts.join("")}--${BOUNDARY}--\r\n`,
      };
    }
    case "text":
      return { type: "text/plain; charset=utf-8", text: asText(value) };
    case "bytes":
      return { type: "application/octet-stream", text: asText(value) };
  }
}

function cookieHeader(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const cookies = Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(asText(value))}`);
  return cookies.length === 0 ? {} : { cookie: cookies.join("; ") };
}

function fillPart(
  fields: readonly FormField[],
  draft: Draft,
): { values: Record<string, unknown>; faults: readonly DraftFault[] } {
  const shape = { kind: "object", fields } as const;
  const filled = fill({ label: "", isRequired: true, doc: null, hint: "", shape }, draft);
  return { values: (filled.value ?? {}) as Record<string, unknown>, faults: filled.faults };
}

/** Puts values into a path; a rest parameter keeps its slashes. */
function fillPath(path: string, values: Readonly<Record<string, unknown>>): string {
  return path.replace(/\/([:*!])([^/]+)/g, (_, mark: string, name: string) => {
    const text = asText(values[name] ?? "");
    const encoded =
      mark === ":" ? encodeURIComponent(text) : text.split("/").map(encodeURIComponent).join("/");
    return `/${encoded}`;
  });
}

/** The query of a request: a list repeats its name. */
function queryText(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === "") continue;
    for (const entry of Array.isArray(value) ? value : [value]) query.append(name, asText(entry));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Reads `name: value` lines. */
export function readHeaders(text: string): {
  readonly headers: Record<string, string>;
  readonly faults: readonly DraftFault[];
} {
  const headers: Record<string, string> = {};
  const faults: DraftFault[] = [];
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (line === "") continue;
    const match = /^([!#$%&'*+.^`|~\w-]+):\s*(.*)$/.exec(line);
    if (match === null)
      faults.push({ place: "headers", message: `has a line that is no \`name: value\`: ${line}` });
    else headers[(match[1] ?? "").toLowerCase()] = match[2] ?? "";
  }
  return { headers, faults };
}

/** The call as a command for a terminal, quoted for POSIX shells. */
export function curlOf(call: EndpointCall, url: string): string {
  const parts = ["curl", ...(call.method === "GET" ? [] : ["-X", call.method])];
  for (const [name, value] of Object.entries(call.headers)) parts.push("-H", quoted(`${name}: ${value}`));
  if (call.body !== null) parts.push("--data-raw", quoted(call.body));
  return [...parts, quoted(`${url.replace(/\/$/, "")}${call.path}`)].join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
