import { isAbsolute } from "node:path";
import {
  oneOf,
  optionProblems,
  optionRule,
  optionsOf,
  orNull,
  pathFault,
  placeText,
  problem,
  SystemCode,
  wholeNumber,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import { errorFormRule, invalidInputRule } from "./answer/error-form.ts";
import type { APIOptions, FormLimits, Method } from "./options.ts";
import { policyRules } from "./policy/policy-rules.ts";
import type { Endpoint } from "./registry.ts";
import type { StaticOptions } from "./static-options.ts";
import { isStreamKind } from "./stream/plan-stream.ts";
import { streamRules, type StreamOptions } from "./stream/stream-options.ts";

/** Every method, as a record, so that a method that is added to the type is missed here by the compiler. */
const METHODS: Readonly<Record<Method, true>> = {
  GET: true,
  POST: true,
  PUT: true,
  PATCH: true,
  DELETE: true,
  HEAD: true,
  OPTIONS: true,
  TRACE: true,
};

const isMethod = (value: unknown): boolean => typeof value === "string" && Object.hasOwn(METHODS, value);

const method: OptionRule = {
  expected: `a method in capitals (${Object.keys(METHODS).join(", ")}), a list of them, or "*"`,
  fits: (value) =>
    value === "*" || isMethod(value) || (Array.isArray(value) && value.length > 0 && value.every(isMethod)),
};

const auth: OptionRule = {
  expected: "true, false, the name of an auth handler, or a list of names",
  fits: (value) =>
    typeof value === "boolean" ||
    typeof value === "string" ||
    (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string")),
};

const bytes = wholeNumber({ least: 0, unit: "bytes" });

/** The rules of `uploads`. `dir` is absolute, because a relative one would depend on where the process was started. */
const uploadRules = {
  maxFiles: wholeNumber({ least: 0 }),
  maxFileBytes: orNull(bytes),
  maxFields: wholeNumber({ least: 0 }),
  maxFieldBytes: bytes,
  memoryBytes: bytes,
  dir: {
    expected: "an absolute path",
    fits: (value) => typeof value === "string" && isAbsolute(value),
  },
} as const satisfies Record<keyof FormLimits, OptionRule>;

/**
 * The rules of the options of `api` and `api.sse`. `satisfies` keeps them complete: an option without a rule does not
 * compile.
 */
const apiRules = {
  method,
  path: optionRule.text,
  expose: optionRule.boolean,
  auth,
  bodyLimit: orNull(bytes),
  uploads: optionsOf(uploadRules),
  sensitive: optionRule.boolean,
  errors: errorFormRule,
  invalidInput: invalidInputRule,
  tags: optionRule.texts,
  request: optionRule.schema,
  response: optionRule.schema,
  ...policyRules,
} as const satisfies Record<keyof APIOptions, OptionRule>;

/** The rule of options that a raw endpoint does not have: it fits nothing, so that the message says why. */
const NO_SCHEMA: OptionRule = {
  expected: "absent: no schema looks at a raw request or its answer",
  fits: () => false,
};

const rawRules = { ...apiRules, request: NO_SCHEMA, response: NO_SCHEMA };
/** The rules of the policies of a folder: files have no handler, whose time could be limited. */
const { timeout: _, ...staticPolicyRules } = policyRules;
const {
  bodyLimit: _bodyLimit,
  uploads: _uploads,
  request: _request,
  response: _response,
  ...sharedRules
} = apiRules;

/** The rules of the options of WebSocket streams: those of endpoints without bodies and schemas, and the ones of streams. */
const streamOptionRules = { ...sharedRules, ...streamRules } as const satisfies Record<
  keyof StreamOptions,
  OptionRule
>;

const staticRules = {
  ...staticPolicyRules,
  path: optionRule.text,
  dir: optionRule.text,
  expose: optionRule.boolean,
  auth,
  notFound: optionRule.text,
  notFoundStatus: oneOf(404, 200),
  headers: {
    expected: "an object whose values are texts",
    fits: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.values(value).every((one) => typeof one === "string"),
  },
} as const satisfies Record<keyof StaticOptions, OptionRule>;

/** The hint for a declaration without options or without a handler. */
const FORM = "Write `api(options, async (request) => …)`.";

/**
 * Finds unknown names and wrongly typed values in an endpoint's options. One problem for each, with its hint.
 *
 * Shape:  a declared endpoint of any kind -> problems of the code `config_invalid` that name the endpoint and its place in
 *         the code; a misspelt option comes with the name that was probably meant.
 */
export function endpointFaults({ kind, options, handler, path, site, name }: Endpoint): Problem[] {
  const where = site === undefined ? "" : ` at ${placeText(site)}`;
  const whose = `the endpoint ${name ?? path ?? ""}`.trimEnd() + where;
  if (options === undefined) return [problem(SystemCode.ConfigInvalid, `${whose} has no options`, FORM)];
  const rules = isStreamKind(kind) ? streamOptionRules : kind === "raw" ? rawRules : apiRules;
  const faults = [...optionProblems(whose, options, rules), ...pathFaults(whose, options.path)];
  if (typeof handler === "function") return faults;
  return [...faults, problem(SystemCode.ConfigInvalid, `${whose} has no handler`, FORM)];
}

/**
 * Finds unknown names and wrongly typed values in the options of static files. One problem for each, with its hint; `path`
 * and `dir` are required.
 */
export function staticFaults(options: StaticOptions): Problem[] {
  const whose = `the static files of ${String(options?.path)}`;
  const faults = [...optionProblems(whose, options, staticRules), ...pathFaults(whose, options?.path)];
  const missing = (["path", "dir"] as const).filter((name) => options?.[name] === undefined);
  return [
    ...faults,
    ...missing.map((name) =>
      problem(SystemCode.ConfigInvalid, `static files have no ${name}`, `Give them \`${name}\`.`),
    ),
  ];
}

/**
 * Finds what is wrong with the grammar of a route, such as a parameter without a name; a value that is no text is told by the
 * rule of `path`.
 */
function pathFaults(whose: string, path: unknown): Problem[] {
  const fault = typeof path === "string" ? pathFault(path) : null;
  return fault === null
    ? []
    : [problem(SystemCode.ConfigInvalid, `${whose}: the path ${fault.what}`, fault.hint)];
}
