import { serviceConfig, services } from "@twinloop/core-native/internal";
import type { StartOptions } from "@twinloop/core-native";
import type { PlannedEndpoint } from "../plan.ts";
import { endpoints } from "../registry.ts";
import { staticAssets, type StaticPlan } from "../static.ts";
import { policyConfig, timeoutMs, type PolicyConfig, type PolicyLevel } from "./policy-config.ts";
import type { PolicyOptions } from "./policy-options.ts";

/** What the policies of all endpoints have in common. */
export interface AppPolicies {
  /** The options of `start()`, the outermost level. */
  readonly level: PolicyLevel;
  /** The URLs of the databases of rate limits, by name. */
  readonly stores: ReadonlyMap<string, string>;
  /** The headers in which auth handlers find credentials. */
  readonly credentials: readonly string[];
}

/** The fields of a request, a response or credentials. */
interface Fields {
  readonly fields: readonly { readonly in: string; readonly wire: string }[];
}

/** The names of the headers among the fields, which CORS lets pages send or read without being listed. */
export function headersOf(place: Fields | null): readonly string[] {
  return (place?.fields ?? []).filter((field) => field.in === "header").map(({ wire }) => wire);
}

/** All options of this isolate that may hold policies: of the app, its services, endpoints and folders of files. */
export function governedOptions(options: StartOptions): readonly PolicyOptions[] {
  const own = [
    ...services().map(({ config }) => config),
    ...endpoints().map((endpoint) => endpoint.options),
    ...staticAssets().map((assets) => assets.options),
  ];
  return [options, ...own].filter((one) => typeof one === "object" && one !== null);
}

/**
 * The policies of an endpoint, by those of the app, of its service and its own.
 *
 * Shape:  the endpoint and what all have in common -> its policies for Rust, and its time limit in milliseconds: `null` for none,
 *         `undefined` for the default. A guarded endpoint lets pages send the headers of credentials too.
 */
export function endpointPolicies(
  { endpoint, guard, service, name, request, response }: PlannedEndpoint,
  { level, stores, credentials }: AppPolicies,
): { readonly timeoutMs: number | null | undefined; readonly policies: PolicyConfig } {
  const levels = [
    level,
    { name: `service ${service}`, options: serviceConfig(service) },
    { name: `endpoint ${name}`, options: endpoint.options },
  ];
  const asked = [...headersOf(request), ...(guard ? credentials : [])];
  const policies = policyConfig(levels, { request: asked, response: headersOf(response) }, stores);
  return { timeoutMs: timeoutMs(levels), policies };
}

/** A folder of static files as Rust takes it: with its policies in place of the options that they are made of. */
export function describeFolder(
  { cors, compression, rateLimit, securityHeaders, etag, ...folder }: StaticPlan["folders"][number],
  { level, stores, credentials }: AppPolicies,
): object {
  const options = { cors, compression, rateLimit, securityHeaders, etag } as PolicyOptions;
  const levels = [level, { name: `static ${folder.path}`, options }];
  const asked = folder.auth === null ? [] : credentials;
  return { ...folder, policies: policyConfig(levels, { request: asked, response: [] }, stores) };
}

/** The app's policies for requests that no endpoint takes: these are refused at once, and count in no limit. */
export function unroutedPolicies(options: StartOptions): PolicyConfig {
  return policyConfig([{ name: "app", options: { ...options, rateLimit: false } }]);
}
