/**
 * The codes of faults in how an app is put together or run: what `start()` reports, and what the runtime tells the app.
 * System codes are never sent to a caller of the app, who sees one of the `ErrCode`s instead.
 *
 * Shape:  `SystemCode.ManifestMissing === "manifest_missing"`.
 * Source: `contract/errors.json`, section `system`; error-code.test.ts compares the two.
 */
export const SystemCode = {
  StartFailed: "start_failed",
  ManifestMissing: "manifest_missing",
  ManifestStale: "manifest_stale",
  ManifestVersion: "manifest_version",
  ManifestInvalid: "manifest_invalid",
  EndpointWithoutPath: "endpoint_without_path",
  EndpointWithoutSchema: "endpoint_without_schema",
  TopicWithoutSchema: "topic_without_schema",
  EndpointDuplicate: "endpoint_duplicate",
  SchemaInvalid: "schema_invalid",
  ConfigInvalid: "config_invalid",
  AddressInUse: "address_in_use",
  AddressDenied: "address_denied",
  AddonMissing: "addon_missing",
  AddonMismatch: "addon_mismatch",
  SecondCopy: "second_copy",
  NotStarted: "not_started",
  AlreadyStarted: "already_started",
  Stopping: "stopping",
  ShutdownTimeout: "shutdown_timeout",
  IsolateTerminated: "isolate_terminated",
  PortClosed: "port_closed",
  ResponseMismatch: "response_mismatch",
  SecretMissing: "secret_missing",
  SecretInvalid: "secret_invalid",
  SecretProviderFailed: "secret_provider_failed",
} as const;

export type SystemCode = (typeof SystemCode)[keyof typeof SystemCode];

/** The default hint of each system code, for problems without a hint of their own. */
export const HINT: Readonly<Record<SystemCode, string>> = {
  start_failed: "Fix the listed problems, then start again.",
  manifest_missing: "Run `npx @twinloop/cli build`.",
  manifest_stale: "Run `npx @twinloop/cli build`, or keep `npx @twinloop/cli dev` running.",
  manifest_version:
    "Install the same version of every @twinloop package, then run `npx @twinloop/cli build`.",
  manifest_invalid: "Delete .twinloop/manifest.json and run `npx @twinloop/cli build`.",
  endpoint_without_path:
    "Give the endpoint a `path`; or have its file among the app's sources, run `twinloop build`, and compile with source maps.",
  endpoint_without_schema:
    "Run `npx @twinloop/cli build`, or give the endpoint `request` and `response` schemas.",
  topic_without_schema: "Run `npx @twinloop/cli build`, or give the topic a `schema`.",
  endpoint_duplicate: "Change the path or the method of one of them.",
  schema_invalid: "Change the type as the message says, then run `npx @twinloop/cli build`.",
  config_invalid: "Correct the value; the message names it and what is accepted.",
  address_in_use: "Stop the other process, or set PORT to a free port.",
  address_denied: "Choose a port above 1023, or an address of this machine, with HOST and PORT.",
  addon_missing: "Reinstall without `--omit=optional`, on the platform that runs the app.",
  addon_mismatch: "Install the same version of every @twinloop package.",
  second_copy: "Remove the duplicate: `npm ls @twinloop/core-native` shows where it comes from.",
  not_started: "Call `await start()` first.",
  already_started: "Call start() once, or `await stop()` before it.",
  stopping: "Start no work after stop() or a termination signal.",
  shutdown_timeout: "Raise SHUTDOWN_TIMEOUT, or let handlers end when ctx.signal aborts.",
  isolate_terminated:
    "Look in the log for why the worker ended; the work may be tried again if it can be repeated.",
  port_closed: "Report it with the log lines before it; restart the process.",
  response_mismatch: "Make the handler return what its type says; the message names the place in the value.",
  secret_missing: "Set it in one of the places that the message names, or make it optional.",
  secret_invalid: "Correct the value at the place that the message names.",
  secret_provider_failed: "Look at the cause; the provider's own service may be down or refuse this process.",
};
