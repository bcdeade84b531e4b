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

interface Routed<Route extends string, T> {
  readonly route: Route;
  readonly type: T;
}

type RoutedIn<App> = {
  [Name in keyof App]: "~endpoint" extends keyof App[Name] ? RouteOf<TypeOf<App[Name]>, Name> : never;
}[keyof App];

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
