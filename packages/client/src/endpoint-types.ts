/**
 * From the type of an app's module to its routes, at the level of types alone: nothing of the app is imported at run
 * time. `@twinloop/api` gives each endpoint a phantom property, `~endpoint` where its route is known to the type,
 * `~unrouted` where it is not, and this file reads them.
 */

/** What an endpoint's own type says, whether its route is known or not. */
export type TypeOf<E> = E extends { readonly "~endpoint"?: infer T }
  ? NonNullable<T>
  : E extends { readonly "~unrouted"?: infer T }
    ? NonNullable<T>
    : never;

/** The exposed endpoints of an app's module, by their routes: `GET /links/:slug`. */
export type Routes<App> = {
  [One in RoutedIn<App> as One["route"]]: One["type"];
};

/** A route with the type of its endpoint, before both become a property of `Routes`. */
interface Routed<Route extends string, T> {
  readonly route: Route;
  readonly type: T;
}

/** The routes of a module, as a union: exports that are no endpoints have none. */
type RoutedIn<App> = {
  [Name in keyof App]: "~endpoint" extends keyof App[Name] ? RouteOf<TypeOf<App[Name]>, Name> : never;
}[keyof App];

/**
 * The route or routes of an endpoint, one for each of its methods. An endpoint without a path has
 * `/<service>.<export>`, of which the type knows only the export.
 */
type RouteOf<T, Name> = T extends {
  readonly method: infer M extends string;
  readonly path: infer P extends string;
}
  ? M extends string
    ? Routed<`${M} ${P extends "" ? `/${string}.${Name & string}` : P}`, T>
    : never
  : never;

/** The routes of one kind. */
export type RouteOfKind<Of, Kind> = {
  [R in keyof Of]: Of[R] extends { readonly kind: Kind } ? R : never;
}[keyof Of] &
  string;
