import type { ProblemCode } from "../problems/problem.ts";
import type { Location, Property } from "../typescript/type-source.ts";

/** The place in the app and in the value at which a type is read. */
export interface Site {
  location: Location;
  /** The path of the value, such as `request.items[].price`. */
  path: string;
  /** Whether the app sends the value, so that an object with a `toJSON` is written by it. */
  outgoing?: boolean;
  /** Whether the type is inferred from the handler's return and written nowhere. */
  inferred?: boolean;
  /** Whether a package declares the type, so that the app cannot change it. */
  foreign?: boolean;
  /** The object types that enclose the value, innermost first. */
  within?: Enclosing | null;
}

/** An enclosing object type, as far as it helps to detect endless types. */
export interface Enclosing {
  /** The identity shared by all instances of the type's declaration. */
  origin: object | number;
  /** The number of enclosing types of the same declaration, this one included. */
  count: number;
  outer: Enclosing | null;
}

/** Reports a problem at a site. */
export type Report = (site: Site, code: ProblemCode, message: string, hint?: string) => void;

/** The site of a property: its own declaration where the app has one. */
export function propertySite(
  site: Site,
  { name, location, package: origin }: Pick<Property, "name" | "location" | "package">,
): Site {
  const path = /^[A-Za-z_$][\w$]*$/.test(name)
    ? `${site.path}.${name}`
    : `${site.path}[${JSON.stringify(name)}]`;
  const foreign = location === null && (origin !== null || site.foreign === true);
  return { ...site, location: location ?? site.location, path, foreign };
}

/** The site of an unnamed inner value: elements `[]`, values `{}`. */
export function insideSite(site: Site, step: string): Site {
  return { ...site, path: `${site.path}${step}` };
}

/** The path for a message; a long one is shortened to its first two steps and the last. */
export function shortPath(path: string): string {
  const steps = path.replace(/(?:\[\]){4,}/g, "[]…[]").split(".");
  return steps.length <= 6 ? steps.join(".") : [...steps.slice(0, 2), "…", ...steps.slice(-2)].join(".");
}
