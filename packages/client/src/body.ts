import type { EncodedAs } from "./client-types.ts";
import { textOf } from "./wire-text.ts";

type Fields = Record<string, unknown>;

/** Makes the input of an endpoint that takes a `Form`. */
export function form<T extends object>(fields: T): EncodedAs<"form", T> {
  return {
    fields,
    "~encode": (rest) =>
      new URLSearchParams(entries(rest).map(([name, value]) => [name, textOf(value, name)])),
  };
}

/** Makes the input of an endpoint that takes a `Multipart`: files are `File` or `Blob`. */
export function multipart<T extends object>(fields: T): EncodedAs<"multipart", T> {
  return {
    fields,
    "~encode": (rest) => {
      const data = new FormData();
      for (const [name, value] of entries(rest))
        if (value instanceof Blob) data.append(name, value);
        else data.append(name, textOf(value, name));
      return data;
    },
  };
}

/** Makes the input of an endpoint that takes text: the text, or the fields of which one is the text. */
export function text<T extends object | string>(input: T): EncodedAs<"text", T> {
  return { fields: input, "~encode": (rest) => wholeOf(input, rest) as string };
}

/** Makes the input of an endpoint that takes bytes: the bytes, or the fields of which one is the bytes. */
export function bytes(input: Blob | ArrayBuffer): EncodedAs<"bytes", Uint8Array>;
export function bytes<T extends object>(input: T): EncodedAs<"bytes", T>;
export function bytes(input: object): EncodedAs<"bytes", object> {
  return { fields: input, "~encode": (rest) => wholeOf(input, rest) as BodyInit };
}

/** The body: what is left of the fields beside those of the path, or the input itself. */
function wholeOf(input: unknown, rest: Fields): unknown {
  const isFields = Object.prototype.toString.call(input) === "[object Object]";
  return isFields ? Object.values(rest).find((value) => value !== undefined) : input;
}

/** The fields with a value, one entry for each item of a list. */
function entries(fields: Fields): [string, unknown][] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((one): [string, unknown][] => (one === undefined || one === null ? [] : [[name, one]])),
  );
}
