import type { SchemaObject, Manifest, RequestField } from "@twinloop/core-native/build-time";

/** A way to meet one auth handler: the schemes that a request must use together. */
type Requirement = Readonly<Record<string, readonly string[]>>;

/**
 * The auth handlers of an app as security schemes.
 *
 * Shape:  a handler with one credential is one scheme by its name; with several, one scheme for each. Credentials that it
 *         requires count together, optional ones are alternatives.
 * Source: OpenAPI 3.1, "Security Requirement Object": within one object all schemes hold, of several objects one.
 */
export class SecuritySchemes {
  readonly schemes: Record<string, SchemaObject> = {};
  /** The alternatives by which each auth handler knows a caller, by the handler's name. */
  readonly #requirements = new Map<string, readonly Requirement[]>();

  constructor({ authHandlers = [], readyAuthHandlers = [] }: Manifest) {
    for (const { name, params, doc } of authHandlers) this.#add(name, params.fields, doc);
    for (const { name, verify, header = "authorization" } of readyAuthHandlers) {
      const scheme = shownName(name);
      const isBearer = header === "authorization";
      this.schemes[scheme] = isBearer
        ? { type: "http", scheme: "bearer", ...(verify === "jwt" ? { bearerFormat: "JWT" } : {}) }
        : {
            type: "apiKey",
            in: "header",
            name: header,
            ...(verify === "jwt" ? { description: "A JSON Web Token." } : {}),
          };
      this.#requirements.set(name, [{ [scheme]: [] }]);
    }
  }

  /** The alternatives of an endpoint that lets in callers of these auth handlers, or of any for an empty list. */
  of(names: readonly string[]): Requirement[] {
    const asked = names.length === 0 ? [...this.#requirements.keys()] : names;
    return asked.flatMap((name) => this.#requirements.get(name) ?? []);
  }

  /** Adds one scheme for each field; required ones count together, and each optional one is an alternative. */
  #add(name: string, fields: readonly RequestField[], doc: string | undefined): void {
    const alone = fields.length === 1;
    const named = fields.map((field): [string, RequestField] => {
      const scheme = alone ? shownName(name) : `${shownName(name)}_${field.name}`;
      this.schemes[scheme] = schemeOf(field, doc);
      return [scheme, field];
    });
    const required = named.filter(([, { optional, nullable }]) => !optional && nullable !== true);
    const together = Object.fromEntries(required.map(([scheme]) => [scheme, []]));
    const alternatives = named.map(([scheme]) => ({ [scheme]: [] }));
    this.#requirements.set(name, required.length > 0 ? [together] : alternatives);
  }
}

/** The scheme of one credential: bearer for `authorization`, else a key in a header, the query or a cookie. */
function schemeOf(field: RequestField, doc: string | undefined): SchemaObject {
  const { in: place, wire, doc: own } = field;
  const description = [own, doc].find((one) => one !== undefined);
  const told = description === undefined ? {} : { description };
  if (place === "header" && wire === "authorization") return { type: "http", scheme: "bearer", ...told };
  return { type: "apiKey", in: place, name: wire, ...told };
}

/** The name of a scheme: that of the auth handler, and `auth` for a gateway's only one. */
function shownName(name: string): string {
  return name === "default" ? "auth" : name.replace(/[^\w.-]/g, "_");
}
