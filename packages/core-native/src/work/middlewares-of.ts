import type { OptionRule } from "../options/option-rule.ts";
import type { Middleware } from "./middleware.ts";
import { serviceConfig } from "./service.ts";

/** The rule of an option that lists middlewares. */
export const middlewaresRule: OptionRule = {
  expected: "a list of middlewares, each a function `(request, next) => …`",
  fits: (value) => Array.isArray(value) && value.every((one) => typeof one === "function"),
};

/** The middlewares around the handlers of a service: those of `start()`, then those of the service. */
export function middlewaresOf(
  app: readonly Middleware[] | undefined,
  service: string | undefined,
): readonly Middleware[] {
  return [...(app ?? []), ...(serviceConfig(service).middlewares ?? [])];
}
