import { APIError } from "@twinloop/core-native";
import type { EncodedRequest, RequestField, RequestPlace } from "@twinloop/core-native/internal";
import { TextBody } from "../body/content.ts";
import { UploadedFile } from "../body/uploaded-file.ts";
import type { Callee } from "../call/callee.ts";
import { isParameter } from "../call/call-places.ts";
import { NOTHING } from "../call/call-schemas.ts";
import { encodeRequest, pathOf } from "../call/encode-request.ts";
import { checkPath } from "../remote/public-call.ts";
import type { MemoryRequest } from "./memory-client.ts";

/** What an endpoint is called with. */
export interface CallInput {
  readonly input: unknown;
  /** Further headers, which win over those of the input. */
  readonly headers: readonly (readonly [string, string])[];
  readonly call: NonNullable<MemoryRequest["call"]>;
}

/**
 * Writes the call of an endpoint as the request that a client would send: its path, query, headers, cookies and body.
 *
 * Errors: `invalid_argument` for a value that its place cannot carry, `unimplemented` for a sealed cookie.
 */
export async function callRequest(
  { meta, planned }: Callee,
  { input, headers: further, call }: CallInput,
): Promise<MemoryRequest> {
  const { methods, request: place } = planned;
  const [first = "POST"] = methods;
  const method = first === "*" ? "POST" : first;
  const { encoded, body, type } = await write(meta.name, place, input ?? undefined);
  checkPath({ meta }, encoded);
  const path = pathOf(meta.path, encoded);
  const own: (readonly [string, string])[] = [["host", "localhost"], ...encoded.headers];
  if (type !== undefined) own.push(["content-type", type]);
  if (planned.events !== undefined) own.push(["accept", "text/event-stream"]);
  const names = new Set(further.map(([name]) => name));
  const headers = [...own.filter(([name]) => !names.has(name)), ...further];
  const target = encoded.query === null ? path : `${path}?${encoded.query}`;
  return { method, target, headers, body, isHttps: false, call };
}

/** The parts of a request that its input gives, with the content type of its body. */
interface Written {
  readonly encoded: EncodedRequest;
  readonly body: Uint8Array | undefined;
  readonly type: string | undefined;
}

/**
 * Writes the input of an endpoint by the places of its fields: parameters and a JSON body as calls within the app do, other
 * bodies as clients do.
 */
async function write(name: string, place: RequestPlace | null, input: unknown): Promise<Written> {
  if (place === null) return { encoded: NOTHING, body: undefined, type: undefined };
  const given = (typeof input === "object" && input !== null ? input : {}) as Readonly<
    Record<string, unknown>
  >;
  refuseSealed(name, place, given);
  const isJson = place.bodyAs === undefined;
  const sent = {
    fields: place.fields.filter(isParameter),
    body: isJson ? place.body : null,
    bodyOptional: place.bodyOptional,
  };
  const encoded = encodeRequest(sent, input);
  if (isJson) {
    const body = encoded.body === "" ? undefined : Buffer.from(encoded.body);
    return { encoded, body, type: body && "application/json" };
  }
  return { encoded, ...(await formed(place, input, given)) };
}

/** A body that is no JSON. */
async function formed(
  place: RequestPlace,
  input: unknown,
  given: Readonly<Record<string, unknown>>,
): Promise<Omit<Written, "encoded">> {
  const { bodyAs, fields } = place;
  if (bodyAs === "form" || bodyAs === "multipart") {
    // Written as a query, whose grammar is that of a form.
    const texts = fields.flatMap((field): RequestField[] =>
      field.in === "form" ? [{ ...field, in: "query" }] : [],
    );
    const query = encodeRequest({ fields: texts, body: null, bodyOptional: true }, given).query ?? "";
    if (bodyAs === "form") return { body: Buffer.from(query), type: "application/x-www-form-urlencoded" };
    return multipart(fields, given, query);
  }
  const field = fields.find((one) => one.in === "body");
  const value = field === undefined ? input : given[field.name];
  if (value === undefined) return { body: undefined, type: undefined };
  if (value instanceof TextBody) return { body: Buffer.from(value.text), type: value.type };
  if (value instanceof Uint8Array) return { body: value, type: "application/octet-stream" };
  throw misfit("body", bodyAs === "text" ? "TextBody" : "Uint8Array");
}

/** Writes a multipart body by the platform's `FormData`: the fields, then the files with their names and types. */
async function multipart(
  fields: readonly RequestField[],
  given: Readonly<Record<string, unknown>>,
  query: string,
): Promise<Omit<Written, "encoded">> {
  const form = new FormData();
  for (const [name, value] of new URLSearchParams(query)) form.append(name, value);
  for (const { name, wire } of fields.filter((field) => field.in === "file")) {
    const value = given[name];
    const files: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
    for (const file of files) {
      if (!(file instanceof UploadedFile)) throw misfit(`file.${wire}`, "UploadedFile");
      const part = new Blob([await file.bytes()], { type: file.type });
      form.append(wire, part, file.name);
    }
  }
  const whole = new Response(form);
  return {
    body: new Uint8Array(await whole.arrayBuffer()),
    type: whole.headers.get("content-type") ?? undefined,
  };
}

/** Refuses a sealed cookie, which only the app itself can make. */
function refuseSealed(
  name: string,
  { fields }: RequestPlace,
  given: Readonly<Record<string, unknown>>,
): void {
  const sealed = fields.find((field) => field.sealed !== undefined && (given[field.name] ?? null) !== null);
  if (sealed === undefined) return;
  throw APIError.unimplemented(
    `call() cannot seal the cookie ${sealed.wire} of ${name}: send it by request(), with the \`set-cookie\` of an answer that has set it`,
  );
}

/** The error of a value of another class than the endpoint's body takes. */
function misfit(at: string, expected: string): APIError {
  const message = `${at}: expected ${expected}`;
  return APIError.invalidArgument(message).withDetails({ issues: [{ at, expected }] });
}
