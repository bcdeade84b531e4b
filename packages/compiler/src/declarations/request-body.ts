import type { RequestPlace, TypeIndex } from "@twinloop/core-native/build-time";
import {
  isBytes,
  isBytesBody,
  isFiles,
  isText,
  readFiles,
  refuseConstraints,
  wrappingForm,
} from "../types/content.ts";
import type { Destination, PlacedProperty } from "../types/fields.ts";
import { propertyParts } from "../types/object.ts";
import type { Site } from "../types/site.ts";
import type { TypeReader } from "../types/type-reader.ts";
import type { Type } from "../typescript/type-source.ts";

/** The form of a body that is not JSON. */
export type BodyForm = NonNullable<RequestPlace["bodyAs"]>;

type In = RequestPlace["fields"][number]["in"];

/** The form of the body, where the request's whole type says it. */
export function formOf(reader: TypeReader, type: Type): BodyForm | null {
  if (isText(reader, type)) return "text";
  return isBytes(reader, type) ? "bytes" : wrappingForm(reader, type);
}

/** The place of a request that is nothing but a text or bytes; a route that binds fields is reported. */
export function wholeBody(
  reader: TypeReader,
  type: Type,
  form: "text" | "bytes",
  names: readonly string[],
  site: Site,
): RequestPlace | null {
  refuseConstraints(reader, type, site);
  if (names.length > 0) {
    const one = form === "text" ? "TextBody" : "BytesBody";
    const message = `\`${site.path}\` is nothing but a body, and the path binds fields of the request`;
    const hint = `Make the body a field beside them: \`{ ${names[0]}: string; body: ${one} }\`.`;
    reader.report(site, "path_field_missing", message, hint);
    return null;
  }
  return { fields: [], body: null, bodyOptional: false, bodyAs: form };
}

/** Reports a body of a request whose methods have none. */
export function refuseBody(reader: TypeReader, form: BodyForm, site: Site): null {
  const message = `\`${site.path}\` has a body of the kind ${form}, and GET, HEAD and DELETE requests have no body`;
  reader.report(
    site,
    "field_misplaced",
    message,
    'Give the endpoint another method, such as `method: "POST"`.',
  );
  return null;
}

/**
 * The fields of a request's body that are not JSON: all of a form, or the one field that is the whole body. `form` is what the
 * request's type says, and is set when a field says it.
 */
export class BodyFields {
  form: BodyForm | null;
  readonly #reader: TypeReader;
  readonly #queryOnly: boolean;

  constructor(reader: TypeReader, form: BodyForm | null, queryOnly: boolean) {
    this.#reader = reader;
    this.form = form;
    this.#queryOnly = queryOnly;
  }

  /** The place of a property that no marker places elsewhere; null for a JSON body. */
  place({ property, site }: PlacedProperty): Destination<In> | null {
    const { parts, undefinable } = propertyParts(this.#reader, property);
    const [only] = parts;
    if (this.form === "form" || this.form === "multipart") return this.#formField(property.name, parts, site);
    if (only === undefined || parts.length > 1) return null;
    const form = isText(this.#reader, only) ? "text" : isBytesBody(this.#reader, only) ? "bytes" : null;
    if (form === null) return null;
    if (this.#queryOnly) refuseBody(this.#reader, form, site);
    if (property.optional || undefinable) {
      const message = `\`${site.path}\` is the whole body, and cannot be optional`;
      this.#reader.report(site, "field_misplaced", message, "Leave out the `?`: an absent body is empty.");
    }
    if (this.form !== null) {
      const message = `\`${site.path}\` is a second body of one request`;
      this.#reader.report(
        site,
        "field_misplaced",
        message,
        "A request has one body: keep one of the fields.",
      );
    }
    refuseConstraints(this.#reader, only, site);
    this.form = form;
    return { in: "body", wire: property.name, type: this.#reader.add({ kind: "any" }) };
  }

  #formField(name: string, parts: readonly Type[], site: Site): Destination<In> {
    const [only] = parts;
    if (only === undefined || parts.length > 1 || !isFiles(this.#reader, only))
      return { in: "form", wire: name };
    if (this.form === "form") {
      const message = `\`${site.path}\` is a file, which a \`Form\` cannot hold`;
      this.#reader.report(site, "field_misplaced", message, "Declare the request as `Multipart<{ … }>`.");
    }
    return { in: "file", wire: name, type: readFiles(this.#reader, only, site) };
  }

  /** The rest of the request, checked: beside a body that is not JSON there is none. */
  rest(body: TypeIndex | null, type: Type, site: Site): TypeIndex | null {
    if (this.form === null || body === null) return body;
    const isForm = this.form === "form" || this.form === "multipart";
    const message = isForm
      ? `\`${site.path}\`: \`${this.#reader.source.print(type)}\` has fields without a name, which a form cannot hold`
      : `\`${site.path}\`: \`${this.#reader.source.print(type)}\` has a body as one field, and other fields that would be a JSON body`;
    const hint = isForm
      ? "Name each field of the form."
      : "Make the other fields `Query<…>`, `Header<…>` or `Cookie<…>`, or path parameters.";
    this.#reader.report(site, "field_misplaced", message, hint);
    return null;
  }
}
