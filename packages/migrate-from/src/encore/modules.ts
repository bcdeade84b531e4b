/** Where a name of Encore is found here. */
export interface Home {
  /** The module to import from. */
  readonly module: string;
  /** The name there; the same where it is left out. */
  readonly name?: string;
}

/** One module of Encore: the one that stands for it here, and the names that have another home, another name, or none (null). */
export interface EncoreModule {
  /** Null where Twinloop has nothing of the kind. */
  readonly module: string | null;
  readonly names?: Readonly<Record<string, Home | null>>;
  /** The next step for what has no home. */
  readonly without?: string;
}

const sqldb = (name: string): Home => ({ module: "@twinloop/sqldb", name });
const objects = (name: string): Home => ({ module: "@twinloop/objects", name });
const duration: Home = { module: "@twinloop/core-native", name: "Duration" };
const streams = "Write StreamIn, StreamOut or StreamInOut, which the handler is given.";

/** The modules of Encore by their specifiers, without `~encore/clients`, which stands for the app's own services. */
export const encoreModules: Readonly<Record<string, EncoreModule>> = {
  "encore.dev": {
    module: "@twinloop/api",
    names: {
      PubSubMessageMeta: { module: "@twinloop/pubsub" },
      TraceData: { module: "@twinloop/core-native", name: "Trace" },
      BaseRequestMeta: { module: "@twinloop/api", name: "RequestMeta" },
    },
  },
  "encore.dev/api": {
    module: "@twinloop/api",
    names: {
      CookieWithOptions: { module: "@twinloop/api", name: "SetCookie" },
      GatewayConfig: { module: "@twinloop/api", name: "GatewayOptions" },
      ...{ IterableSocket: null, IterableStream: null, Sink: null },
    },
    without: streams,
  },
  "encore.dev/auth": { module: "@twinloop/api/auth", names: { AuthHandlerBrand: null } },
  "encore.dev/service": { module: "@twinloop/api/service" },
  "encore.dev/validate": { module: "@twinloop/api/validate" },
  "encore.dev/config": {
    module: "@twinloop/secrets",
    names: { AnySecret: { module: "@twinloop/secrets", name: "Secret" } },
  },
  "encore.dev/cron": {
    module: "@twinloop/cron",
    names: { CronJobConfig: { module: "@twinloop/cron", name: "CronJobOptions" } },
  },
  "encore.dev/log": { module: "@twinloop/core-native/log" },
  "encore.dev/pubsub": {
    module: "@twinloop/pubsub",
    names: {
      TopicConfig: { module: "@twinloop/pubsub", name: "TopicOptions" },
      SubscriptionConfig: { module: "@twinloop/pubsub", name: "SubscriptionOptions" },
      DurationString: duration,
      ...{ TopicPerms: null, AttributesOf: null },
    },
    without: "Write the type out; `topic.ref()` gives a Publisher.",
  },
  "encore.dev/storage/sqldb": {
    module: "@twinloop/sqldb",
    names: {
      SQLDatabaseConfig: sqldb("SQLDatabaseOptions"),
      Primitive: sqldb("Parameter"),
      ResultRow: sqldb("Row"),
      SQLMigrationsConfig: null,
    },
    without: "It is the type of the option `migrations` of SQLDatabaseOptions.",
  },
  "encore.dev/storage/objects": {
    module: "@twinloop/objects",
    names: {
      DeleteOptions: objects("RemoveOptions"),
      ExistsOptions: objects("AttrsOptions"),
      DownloadUrlOptions: objects("SignedUrlOptions"),
      UploadUrlOptions: objects("SignedUrlOptions"),
      SignedDownloadUrl: objects("SignedUrl"),
      SignedUploadUrl: objects("SignedUrl"),
      // Permissions are types that Encore's analysis reads; a bucket here has all of its methods.
      ...{ BucketPerms: objects("Bucket"), ReadWriter: objects("Bucket"), Uploader: objects("Bucket") },
      ...{
        SignedUploader: objects("Bucket"),
        Downloader: objects("Bucket"),
        SignedDownloader: objects("Bucket"),
      },
      ...{ Attrser: objects("Bucket"), Lister: objects("Bucket"), PublicUrler: objects("Bucket") },
      Remover: objects("Bucket"),
    },
  },
  "encore.dev/storage/cache": {
    module: null,
    without:
      "There is no cache: keep the value in a table of PostgreSQL, or bring a Redis client of your own.",
  },
  "encore.dev/metrics": { module: "@twinloop/telemetry" },
  "encore.dev/types": {
    module: null,
    names: { DurationString: duration },
    without: "There is no Decimal: `numeric` is a string here; bring a library such as decimal.js.",
  },
  "~encore/auth": { module: "@twinloop/api/auth" },
};

/** The home of a name of one of Encore's modules; null where Twinloop has none. */
export function homeOf(specifier: string, name: string): { module: string; name: string } | null {
  const known = encoreModules[specifier];
  if (known === undefined) return null;
  const own = known.names !== undefined && Object.hasOwn(known.names, name) ? known.names[name] : undefined;
  if (own === null) return null;
  if (own !== undefined) return { module: own.module, name: own.name ?? name };
  return known.module === null ? null : { module: known.module, name };
}

/** Whether a specifier is one of Encore's. */
export function isEncore(specifier: string): boolean {
  return /^(?:encore\.dev|~encore)(?:\/|$)/.test(specifier);
}

/** The package of a specifier: `@twinloop/api` of `@twinloop/api/auth`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
