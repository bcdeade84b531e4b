import type { Middleware, StartOptions } from "@twinloop/core-native";
import {
  middlewareTitle,
  nearest,
  problem,
  services,
  SystemCode,
  type Problem,
} from "@twinloop/core-native/internal";
import type { Plan } from "./plan.ts";

/**
 * Finds middlewares whose `tags` no endpoint has: nothing would ever run through them, and a check that is misspelt would be
 * none. Middlewares of `start()` are compared with all endpoints, those of a service with its own.
 */
export function unusedMiddlewares({ middlewares }: StartOptions, { endpoints, problems }: Plan): Problem[] {
  // An endpoint with a problem is not in the plan, and its tags are not known.
  if (problems.length > 0) return [];
  const tagsOf = (service?: string): ReadonlySet<string> =>
    new Set(
      endpoints
        .filter((endpoint) => service === undefined || endpoint.service === service)
        .flatMap(({ meta }) => meta.tags),
    );
  return [
    ...unused(middlewares, tagsOf(), "no endpoint has"),
    ...services().flatMap(({ name, config }) =>
      unused(config.middlewares, tagsOf(name), `no endpoint of the service ${name} has`),
    ),
  ];
}

/** Finds the middlewares of one list whose tags are none of the known ones; the hint names a tag that was probably meant. */
function unused(
  middlewares: readonly Middleware[] | undefined,
  known: ReadonlySet<string>,
  none: string,
): Problem[] {
  // Anything but a list of functions is told by the rules of the options.
  return (Array.isArray(middlewares) ? middlewares : []).flatMap((middleware: Middleware, index) => {
    const tags: unknown = middleware?.options?.target?.tags;
    if (!isTexts(tags) || tags.some((tag) => known.has(tag))) return [];
    const list = tags.map((tag) => JSON.stringify(tag)).join(" or ");
    const message =
      tags.length === 0
        ? `${middlewareTitle(middleware, index)} runs around nothing: the tags of its target are an empty list`
        : `${middlewareTitle(middleware, index)} runs around nothing: ${none} the tag ${list}`;
    const meant = tags.map((tag) => nearest(tag, [...known])).find((tag) => tag !== null);
    const hint =
      meant === undefined
        ? "Give an endpoint the tag, or take the middleware out."
        : `Did you mean ${JSON.stringify(meant)}?`;
    return [problem(SystemCode.ConfigInvalid, message, hint)];
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
