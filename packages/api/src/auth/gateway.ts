import { callSite, register } from "@twinloop/core-native/internal";
import { httpComponent } from "../http.ts";
import { declareGateway, type GatewayOptions } from "./gateways.ts";

/**
 * Declares how the app knows its callers. An app has one gateway at most.
 *
 * Shape:  `{ authHandler }`, or `{ authHandlers: { session, key } }` for several: an endpoint with `auth: true` takes any of
 *         them, one with `auth: "key"` or `auth: ["key", "session"]` those that it names, in that order.
 * Errors: none here. A second gateway, options that do not fit and an auth handler that no gateway names keep the app from
 *         starting.
 * Example:
 * ```ts
 * import { api, Gateway } from "@twinloop/api";
 * import { apiKeys, getAuthData } from "@twinloop/api/auth";
 * import { secret } from "@twinloop/secrets";
 *
 * const key = apiKeys({ keys: secret("ApiKeys") });
 * export const gateway = new Gateway({ authHandlers: { key } });
 * export const usage = api({ expose: true, auth: "key", method: "GET" }, async () => ({ user: getAuthData()!.userID }));
 * ```
 */
export class Gateway {
  /** The gateway's options, as given. */
  readonly options: GatewayOptions;

  constructor(options: GatewayOptions) {
    register(httpComponent);
    this.options = options;
    declareGateway({ options, site: callSite(Gateway) });
  }
}
