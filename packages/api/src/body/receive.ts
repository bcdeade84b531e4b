import type { RequestPlace } from "@twinloop/core-native/internal";
import type { Context } from "../context.ts";
import type { Handler } from "../registry.ts";
import type { BodyReader } from "./body-reader.ts";
import { TextBody } from "./content.ts";
import { UploadedFile } from "./uploaded-file.ts";

/** A file as Rust describes it. */
interface DescribedFile {
  readonly name: string;
  readonly type: string | null;
  /** The number of bytes. */
  readonly size: number;
  /** The file's place in the request, by which its bytes are asked for. */
  readonly number: number;
}

/** A text as Rust describes it. */
interface DescribedText {
  readonly text: string;
  readonly type: string | null;
}

type Fields = Record<string, unknown>;

/**
 * Puts the making of files, texts and bytes before a handler whose body is not JSON. Returns the handler itself where
 * nothing has to be made: for JSON and a `Form`, whose fields Rust has read already.
 *
 * Shape:  in the job's JSON, Rust describes a file as `{ name, type, size, number }` and a text as `{ text, type }`; the handler is
 *         given an `UploadedFile` and a `TextBody`. Bytes are not in the JSON: those of a `Uint8Array` are taken from
 *         `readerOf(context)` before the handler runs, those of a file when the handler asks for them.
 */
export function receiveBody(
  place: RequestPlace | null,
  handler: Handler,
  readerOf: (context: Context) => BodyReader,
): Handler {
  const make = maker(place);
  if (make === undefined) return handler;
  return (request: never, context: Context) =>
    handler(make(request as unknown, readerOf(context)) as never, context);
}

/** What makes the input of a handler from the job's JSON; `undefined` where that is the input. Fields are replaced in place. */
function maker(place: RequestPlace | null): ((request: unknown, reader: BodyReader) => unknown) | undefined {
  if (place === null || place.bodyAs === undefined || place.bodyAs === "form") return undefined;
  if (place.bodyAs === "multipart") {
    const names = place.fields.filter((field) => field.in === "file").map(({ name }) => name);
    return (request, reader) => withFiles(request as Fields, names, reader);
  }
  const { bodyAs } = place;
  const field = place.fields.find((one) => one.in === "body")?.name;
  const make = (described: unknown, reader: BodyReader): unknown =>
    bodyAs === "text" ? textOf(described as DescribedText) : (reader.bytes("body") ?? new Uint8Array());
  if (field === undefined) return make;
  return (request, reader) => {
    const fields = request as Fields;
    fields[field] = make(fields[field], reader);
    return fields;
  };
}

function withFiles(request: Fields, names: readonly string[], reader: BodyReader): Fields {
  for (const name of names) {
    const described = request[name];
    if (Array.isArray(described)) request[name] = described.map((one: DescribedFile) => fileOf(one, reader));
    else if (described !== undefined) request[name] = fileOf(described as DescribedFile, reader);
  }
  return request;
}

function fileOf({ name, type, size, number }: DescribedFile, reader: BodyReader): UploadedFile {
  const key = `file:${number}`;
  const source = { path: () => reader.path(key), bytes: () => reader.bytes(key) };
  return new UploadedFile(source, { name, ...(type === null ? {} : { type }) }, size);
}

function textOf({ text, type }: DescribedText): TextBody {
  return type === null ? new TextBody(text) : new TextBody(text, type);
}
