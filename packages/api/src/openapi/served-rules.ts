import {
  optionRule,
  optionsOf,
  pathFault,
  problem,
  SystemCode,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import type { StartOptions } from "@twinloop/core-native";
import { scalarScript } from "./page.ts";
import type { ServedOpenApi } from "./options.ts";

/** Where the document is by default. */
export const DEFAULT_PATH = "/openapi.json";

const rules = {
  path: optionRule.text,
  page: optionRule.text,
  title: optionRule.text,
  version: optionRule.text,
  description: optionRule.text,
  servers: optionRule.texts,
  private: optionRule.boolean,
} as const satisfies Record<keyof ServedOpenApi, OptionRule>;

const inner = optionsOf(rules);

/** The rule for `openapi` of `start()`: a switch, or an object of options. */
export const openApiRule: OptionRule = {
  ...inner,
  expected: "true, false or an object",
  fits: (value) => typeof value === "boolean" || inner.fits(value),
};

/** The options by which the document is served; `null` where it is not: in production nobody gets it unasked. */
export function servedOpenApi(
  { openapi }: Pick<StartOptions, "openapi">,
  isProduction: boolean,
): ServedOpenApi | null {
  if (openapi === undefined) return isProduction ? null : {};
  return openapi === false ? null : openapi === true ? {} : openapi;
}

/**
 * What is wrong with paths and page of the document.
 *
 * Shape:  the options of `start()` and the app's folder -> problems of the code `config_invalid`; none where the rule itself
 *         does not fit.
 */
export function openApiProblems({ openapi }: Pick<StartOptions, "openapi">, root: string): Problem[] {
  if (typeof openapi !== "object" || !inner.fits(openapi)) return [];
  const { path = DEFAULT_PATH, page } = openapi;
  const found = Object.entries({ path, page }).flatMap(([name, value]): Problem[] => {
    if (typeof value !== "string") return [];
    const fault = /^[^:*!]*$/.test(value)
      ? pathFault(value)
      : { what: "has a parameter", hint: "Write it without." };
    return fault === null ? [] : [wrong(`openapi.${name} ${fault.what}`, fault.hint)];
  });
  if (page === path)
    found.push(wrong("openapi.page and openapi.path are the same", "Give the page another path."));
  if (typeof page === "string" && scalarScript(root) === null) {
    const hint = "Run `npm install @scalar/api-reference`, or leave the page out.";
    found.push(wrong("openapi.page needs the package @scalar/api-reference, which is not installed", hint));
  }
  return found;
}

function wrong(what: string, hint: string): Problem {
  return problem(SystemCode.ConfigInvalid, what, hint);
}
