import type { ProblemCode } from "./problem.ts";
import type { Location } from "./type-source.ts";

/** Where in the app, and in the value, a type is being read. */
export interface Site {
  location: Location;
  /** As in `request.items[].price`. */
  path: string;
}

/** Takes a problem at a site. */
export type Report = (site: Site, code: ProblemCode, message: string, hint?: string) => void;

/** The site of a property: its own declaration where the app has one. */
export function propertySite(site: Site, name: string, location: Location | null): Site {
  const path = /^[A-Za-z_$][\w$]*$/.test(name)
    ? `${site.path}.${name}`
    : `${site.path}[${JSON.stringify(name)}]`;
  return { location: location ?? site.location, path };
}

/** The site of what lies inside without a name: elements `[]`, values `{}`. */
export function insideSite(site: Site, step: string): Site {
  return { location: site.location, path: `${site.path}${step}` };
}
