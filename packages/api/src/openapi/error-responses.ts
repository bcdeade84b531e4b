import {
  ErrCode,
  type EndpointModel,
  type SchemaObject,
  type Manifest,
} from "@twinloop/core-native/build-time";

/** The form of an endpoint's errors; `function` for those that the app makes. */
export type DocumentedForm = "twinloop" | "problem" | "function";

/** The options of a level (endpoint, service, `start()`), as far as the compiler could read them; `unread` names the others. */
type Facts = Pick<EndpointModel, "options" | "unread">;

/** The form of the errors of an endpoint: its own, or its service's, or else that of `start()`. */
export function errorFormOf(levels: readonly (Facts | undefined)[]): DocumentedForm {
  for (const level of levels) {
    if (level?.unread?.includes("errors") === true) return "function";
    const errors = level?.options?.["errors"];
    if (errors === "problem" || errors === "twinloop") return errors;
    if (errors !== undefined) return "function";
  }
  return "twinloop";
}

/** Which refusals an endpoint may answer with. */
export interface Refusals {
  readonly form: DocumentedForm;
  /** Whether the endpoint reads anything that may not fit: 400, or 422. */
  readonly hasInput: boolean;
  /** Whether the endpoint reads a body, which may be too large (413) or of another content type (415). */
  readonly hasBody: boolean;
  /** Whether auth handlers decide on callers: 401. */
  readonly isGuarded: boolean;
  /** Whether a rate limit holds: 429. */
  readonly isLimited: boolean;
  readonly invalidInput: 400 | 422;
}

/** The descriptions of refusals, by the status that they have. */
const MEANINGS: Readonly<Record<string, string>> = {
  400: "The request is malformed, or does not fit the endpoint's types; the issues say where.",
  401: "The credentials are missing or not valid.",
  413: "The body is larger than the endpoint accepts.",
  415: "The body has another content type than the endpoint accepts.",
  422: "The input does not fit the endpoint's types; the issues say where.",
  429: "Too many requests.",
  503: "The server, or what it depends on, cannot answer now.",
  default: "Any other error.",
};

/**
 * Makes the error answers of operations, and the components they refer to. Each answer is a component once for each form,
 * however many operations have it.
 */
export class ErrorResponses {
  readonly #responses = new Map<string, SchemaObject>();
  readonly #schemas = new Map<string, SchemaObject>();
  readonly #taken: (name: string) => string;

  /** `taken` gives a name that no schema of the app has. */
  constructor(taken: (name: string) => string) {
    this.#taken = taken;
  }

  /** The error answers of one operation by their status, as references; 503 and `default` stand for every operation. */
  of({
    form,
    hasInput,
    hasBody,
    isGuarded,
    isLimited,
    invalidInput,
  }: Refusals): Record<string, SchemaObject> {
    const statuses = [
      ...(hasInput ? ["400"] : []),
      ...(isGuarded ? ["401"] : []),
      ...(hasBody ? ["413", "415"] : []),
      ...(hasInput && invalidInput === 422 ? ["422"] : []),
      ...(isLimited ? ["429"] : []),
      "503",
      "default",
    ];
    return Object.fromEntries(statuses.map((status) => [status, this.#reference(status, form)]));
  }

  /** The components that the answers refer to. */
  get components(): { responses: Record<string, SchemaObject>; schemas: Record<string, SchemaObject> } {
    return { responses: Object.fromEntries(this.#responses), schemas: Object.fromEntries(this.#schemas) };
  }

  /** Refers to a component, which is made at the first use: a document holds only the answers that occur. */
  #reference(status: string, form: DocumentedForm): SchemaObject {
    const name = `${NAMES[status]}${FORM_SUFFIX[form]}`;
    if (!this.#responses.has(name)) this.#responses.set(name, this.#response(status, form));
    return { $ref: `#/components/responses/${name}` };
  }

  #response(status: string, form: DocumentedForm): SchemaObject {
    const headers: Record<string, SchemaObject> = {
      ...(status === "401" ? { "WWW-Authenticate": header("How to authenticate.", { type: "string" }) } : {}),
      ...(status === "429" || status === "503"
        ? { "Retry-After": header("Seconds to wait.", { type: "integer", minimum: 0 }) }
        : {}),
      ...(status === "429" ? RATE_HEADERS : {}),
    };
    return {
      description: MEANINGS[status]!,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      content: this.#content(form),
    };
  }

  /** The body of an error in one form; the app's own form has no schema, as a function makes it. */
  #content(form: DocumentedForm): SchemaObject {
    if (form === "function")
      return {
        "*/*": { schema: { description: "An error in the app's own form, which a function makes." } },
      };
    const name = form === "problem" ? this.#taken("Problem") : this.#taken("APIError");
    if (!this.#schemas.has(name))
      this.#schemas.set(name, form === "problem" ? problemSchema() : errorSchema());
    const type = form === "problem" ? "application/problem+json" : "application/json";
    return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
  }
}

/** The names of the components, before the suffix of their form. */
const NAMES: Readonly<Record<string, string>> = {
  400: "BadRequest",
  401: "Unauthenticated",
  413: "TooLarge",
  415: "UnsupportedMediaType",
  422: "UnprocessableInput",
  429: "TooManyRequests",
  503: "Unavailable",
  default: "Error",
};

/** What the form of errors adds to a component's name. */
const FORM_SUFFIX: Readonly<Record<DocumentedForm, string>> = {
  twinloop: "",
  problem: "Problem",
  function: "OfApp",
};

function header(description: string, schema: SchemaObject): SchemaObject {
  return { description, schema };
}

/** The headers of a rate limit. Source: draft-ietf-httpapi-ratelimit-headers-06. */
export const RATE_HEADERS: Readonly<Record<string, SchemaObject>> = {
  "RateLimit-Limit": header("The requests of one window.", { type: "integer", minimum: 0 }),
  "RateLimit-Remaining": header("The requests that are left.", { type: "integer", minimum: 0 }),
  "RateLimit-Reset": header("Seconds until more are allowed.", { type: "integer", minimum: 0 }),
  "RateLimit-Policy": header("The limit and its window.", { type: "string" }),
};

/** The codes of errors; `ok` is none that an answer has. */
const CODE: SchemaObject = {
  type: "string",
  enum: Object.values(ErrCode).filter((code) => code !== "ok"),
  description: "What kind of error it is.",
};

const ISSUES: SchemaObject = {
  type: "array",
  description: "What is wrong with the input, one entry for each place.",
  items: {
    type: "object",
    properties: {
      at: { type: "string", description: "The place, such as `body.items[3].price`." },
      expected: { type: "string" },
      found: { type: "string" },
    },
    required: ["at", "expected", "found"],
  },
};

/** The schema of the form `twinloop`: `{ code, message, details }`. */
function errorSchema(): SchemaObject {
  return {
    type: "object",
    description: "An error.",
    properties: {
      code: CODE,
      message: { type: "string", description: "What happened, for people." },
      details: {
        description:
          "More about the error; of an input that does not fit, its issues. Null where there is nothing more.",
        anyOf: [{ type: "object", properties: { issues: ISSUES } }, {}],
      },
    },
    required: ["code", "message", "details"],
  };
}

/** The schema of the form `problem`. Source: RFC 9457, section 3. */
function problemSchema(): SchemaObject {
  return {
    type: "object",
    description: "An error, as problem details (RFC 9457).",
    properties: {
      type: { type: "string", format: "uri-reference" },
      title: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string", description: "What happened, for people." },
      instance: { type: "string", description: "The id of the request." },
      code: CODE,
      issues: ISSUES,
      details: { description: "More about the error." },
    },
    required: ["type", "status", "detail", "instance", "code"],
  };
}

/** The status for an input that is not of the endpoint's type: that of the first level that says one, 400 by default. */
export function invalidInputOf(levels: readonly (Facts | undefined)[]): 400 | 422 {
  for (const level of levels) {
    const status = level?.options?.["invalidInput"];
    if (status === 400 || status === 422) return status;
  }
  return 400;
}

/**
 * Whether a rate limit holds for an endpoint: the first level that says something decides, so that `rateLimit: false` lifts
 * the app's.
 */
export function isLimited(levels: readonly (Facts | undefined)[]): boolean {
  for (const level of levels) {
    const limit = level?.options?.["rateLimit"];
    if (limit !== undefined) return limit !== false;
  }
  return false;
}

/** What is known of a service's options, by its name. */
export function serviceFacts({ declarations }: Manifest, service: string): Facts | undefined {
  return declarations.find(({ what, name }) => what === "Service" && name === service);
}
