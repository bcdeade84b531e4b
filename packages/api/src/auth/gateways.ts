import type { CodePlace } from "@twinloop/core-native/internal";
import type { AuthHandler } from "./auth-handler.ts";

/** An auth handler of any parameters and data. */
// oxlint-disable-next-line typescript/no-explicit-any -- parameters are contravariant: no other type takes every handler
export type AnyAuthHandler = AuthHandler<any, any>;

/** The options of a gateway. */
export interface GatewayOptions {
  /** The app's auth handler, where there is one; `default` is its name. Not together with `authHandlers`. */
  readonly authHandler?: AnyAuthHandler;
  /** Several auth handlers by the names that the option `auth` of endpoints uses; tried in this order. */
  readonly authHandlers?: Readonly<Record<string, AnyAuthHandler>>;
}

/** A gateway, as declared. */
export interface DeclaredGateway {
  readonly options: GatewayOptions;
  /** The place of the declaration in the running code. */
  readonly site: CodePlace | undefined;
}

/** All gateways: the start of the app reports each one after the first. */
const declared: DeclaredGateway[] = [];

/** Adds a gateway to those of this isolate. */
export function declareGateway(gateway: DeclaredGateway): void {
  declared.push(gateway);
}

/** The gateways of this isolate; an app has one at most. */
export function gateways(): readonly DeclaredGateway[] {
  return declared;
}
