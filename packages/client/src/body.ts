import { put, type EncodedAs, type RequestBody } from "./request.ts";

type FormFields = Record<string, unknown>;

/** Makes the input of an endpoint that takes a `Form`. */
export function form<T extends object>(fields: T): EncodedAs<"form", T> {
  return { fields, "~encode": (rest) => put(new URLSearchParams(), "body", rest) };
}

/** Makes the input of an endpoint that takes a `Multipart`: files are `File` or `Blob`. */
export function multipart<T extends object>(fields: T): EncodedAs<"multipart", T> {
  return {
    fields,
    "~encode": (rest) => {
      const data = new FormData();
      for (const [name, value] of Object.entries(rest)) {
        const files = [value].flat().filter((one) => one instanceof Blob);
        for (const file of files) data.append(name, file);
        if (files.length === 0) put(data, "body", { [name]: value });
      }
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
  return { fields: input, "~encode": (rest) => wholeOf(input, rest) as RequestBody };
}

/** The body: what is left of the fields beside those of the path, or the input itself. */
function wholeOf(input: unknown, rest: FormFields): unknown {
  const isFields = Object.prototype.toString.call(input) === "[object Object]";
  return isFields ? Object.values(rest).find((value) => value !== undefined) : input;
}
