import { loadManifest } from "@twinloop/core-native/internal";
import { appMeta, type StartOptions } from "@twinloop/core-native";
import type { Plan } from "../plan.ts";
import { policyConfig } from "../policy/policy-config.ts";
import { openApiDocument } from "./document.ts";
import { pageDocuments, scalarScript, type ServedDocument } from "./page.ts";
import { packageInfo } from "./package-info.ts";
import { runningManifest } from "./running-manifest.ts";
import { DEFAULT_PATH, servedOpenApi } from "./served-rules.ts";

/**
 * The documents that Rust serves for the app: `/openapi.json`, and its page where one is asked for. Every isolate says the
 * same, since the server takes those alone that describe one app.
 *
 * Shape:  the plan and the options of `start()` -> documents with their policies, in the form in which Rust takes them; none
 *         in production unless asked for, and none for an app without endpoints. Documents count in no rate limit, and the
 *         page has security headers of its own.
 */
export function servedDocuments(
  plan: Pick<Plan, "types" | "endpoints" | "authHandlers">,
  options: StartOptions,
): readonly object[] {
  const { environment } = appMeta();
  const asked = servedOpenApi(options, environment.type === "production");
  if (asked === null || plan.endpoints.length === 0) return [];
  const { manifest, root } = loadManifest();
  const { path = DEFAULT_PATH, page, ...given } = asked;
  const info = { ...given, ...packageInfo(root, given) };
  const text = JSON.stringify(openApiDocument(runningManifest(plan, manifest, options), info));
  const document: ServedDocument = { path, contentType: "application/json", text };
  const script = page === undefined ? null : scalarScript(root);
  const shown =
    page === undefined || script === null ? [] : pageDocuments(page, path, info.title ?? "API", script);
  const level = { name: "app", options: { ...options, rateLimit: false } } as const;
  const { securityHeaders: _, ...ofPage } = policyConfig([level]);
  return [
    { ...document, policies: policyConfig([level]) },
    ...shown.map((one) => ({ ...one, policies: ofPage })),
  ];
}
