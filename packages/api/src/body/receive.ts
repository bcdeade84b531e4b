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
  readonly size: number;
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
 * nothing has to be made.
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
