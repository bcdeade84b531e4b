import { markerPackage } from "./marker.ts";
import type { ProblemCode } from "../problems/problem.ts";
import type { ObjectShape, Shape } from "../typescript/type-source.ts";

export interface Refusal {
  code: ProblemCode;
  /** The end of a sentence that begins with "`path`: `Type`". */
  reason: string;
  hint: string;
}

const library: Readonly<Record<string, string>> = {
  Map: "Declare a `Record<string, T>` or an array of `[key, value]` tuples.",
  ReadonlyMap: "Declare a `Record<string, T>` or an array of `[key, value]` tuples.",
  Set: "Declare an array.",
  ReadonlySet: "Declare an array.",
  Promise: "Await the value before it is returned; a type with promises inside is not data.",
  PromiseLike: "Await the value before it is returned; a type with promises inside is not data.",
  RegExp: "Declare a `string` that holds the pattern.",
  Error: "Declare the fields that the client should see, or throw an `APIError`.",
  String: "Write `string`, the primitive.",
  Number: "Write `number`, the primitive.",
  Boolean: "Write `boolean`, the primitive.",
  Object: "Declare an interface, or `Record<string, unknown>` for any object.",
  ArrayBuffer: "Declare a `Uint8Array`: it travels as base64.",
  URL: "Declare `string & IsURL`.",
};

const answer = "Return it itself, or as one field beside headers, cookies and a status; JSON cannot hold it.";

const bodies: Readonly<Record<string, string>> = {
  UploadedFile: "A file is a required or optional field, or a list, of a `Multipart<{ … }>` request.",
  TextBody: "Make it the whole request or response, or one field at its top.",
  HTML: answer,
  CSV: answer,
  FileBody: answer,
  Redirect: answer,
};

/** The reason why a type cannot travel as JSON, and what to write instead. */
export function refusal(shape: Shape, outgoing = false): Refusal {
  switch (shape.kind) {
    case "object":
      return objectRefusal(shape, outgoing);
    case "unresolved":
      return {
        code: "type_unresolved",
        reason: "cannot be resolved",
        hint: "Check the import and the spelling; `tsc --noEmit` shows the cause.",
      };
    case "generic":
      return {
        code: "type_unresolved",
        reason: "still depends on a type parameter",
        hint: "Give the type argument where the endpoint is declared.",
      };
    case "never":
      return {
        code: "type_not_json",
        reason: "has no values",
        hint: "Check the conditional or intersection that made it `never`.",
      };
    case "undefined":
      return {
        code: "type_not_json",
        reason: "cannot travel as JSON here",
        hint: "Use `null`, or an optional property.",
      };
    case "symbol":
      return { code: "type_not_json", reason: "is a symbol", hint: "Use a string or an enum." };
    case "nonPrimitive":
      return {
        code: "type_not_json",
        reason: "does not declare its properties",
        hint: "Declare an interface, or `Record<string, unknown>` for any object.",
      };
    case "computedEnum":
      return {
        code: "type_not_json",
        reason: "has members without a constant value",
        hint: "Give every member a literal value.",
      };
    case "stringMapping":
    case "template":
      return {
        code: "type_not_json",
        reason: "maps the case of arbitrary strings, or holds a part that does",
        hint: 'Declare `string & MatchesRegexp<"…">`.',
      };
    default:
      return {
        code: "type_not_json",
        reason: "cannot travel as JSON",
        hint: "Declare the data as an interface.",
      };
  }
}

function objectRefusal(shape: ObjectShape, outgoing: boolean): Refusal {
  if (shape.callable) {
    return {
      code: "type_not_json",
      reason: "is a function",
      hint: "Functions are not data: leave the property out of this type.",
    };
  }
  const known = shape.name === null ? undefined : library[shape.name];
  if (known !== undefined) return { code: "type_not_json", reason: "cannot travel as JSON", hint: known };
  const own = shape.package === markerPackage && shape.name !== null ? bodies[shape.name] : undefined;
  if (own !== undefined) return { code: "type_class", reason: "is a body of its own", hint: own };
  if (shape.class) {
    return {
      code: "type_class",
      reason: "is a class",
      hint: outgoing
        ? "Declare an interface with the fields that travel, or give the class a `toJSON()`: what that returns is sent."
        : "A client sends JSON, never an instance: declare what it sends there, such as `string` or an interface.",
    };
  }
  return {
    code: "type_not_json",
    reason: "cannot travel as JSON",
    hint: "Declare an interface with the fields that travel.",
  };
}
