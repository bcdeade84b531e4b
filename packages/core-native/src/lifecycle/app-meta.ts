/** The kind of environment that the app runs in, by `NODE_ENV`. */
export type EnvironmentType = "production" | "development" | "ephemeral" | "test";

/** The cloud that the process runs in, by the variables that each cloud sets; `local` where none is. */
export type CloudProvider = "aws" | "gcp" | "azure" | "encore" | "local";

/** The environment that the app runs in. */
export interface EnvironmentMeta {
  /** The value of `NODE_ENV`; `development` where it is unset. */
  readonly name: string;
  /** `production` for that name, `test` for that name, `development` for any other. */
  readonly type: EnvironmentType;
  /** The cloud that the process runs in. */
  readonly cloud: CloudProvider;
}

/** The build that the app runs from. */
export interface BuildMeta {
  /** The commit, from `GIT_COMMIT`, `GITHUB_SHA` or `SOURCE_VERSION`; empty where none is set. */
  readonly revision: string;
  /** Whether the build had changes that are in no commit; always false, because nobody says so. */
  readonly uncommittedChanges: boolean;
}

/** A service of the app. */
export interface HostedService {
  readonly name: string;
}

/** The deployment that the process belongs to. */
export interface DeployMeta {
  /** The deployment's id, from `DEPLOY_ID`; empty where it is not set. */
  readonly id: string;
  /** The services of the app by name. */
  readonly hostedServices: Readonly<Record<string, HostedService>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment from the process's variables. */
export function environmentMeta(variables: Environment): EnvironmentMeta {
  const name = variables["NODE_ENV"] || "development";
  const type = name === "production" || name === "test" ? name : "development";
  return { name, type, cloud: cloudOf(variables) };
}

function cloudOf(variables: Environment): CloudProvider {
  const has = (...names: readonly string[]): boolean => names.some((name) => Boolean(variables[name]));
  if (has("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "ECS_CONTAINER_METADATA_URI_V4")) return "aws";
  if (has("K_SERVICE", "GAE_SERVICE", "CLOUD_RUN_JOB")) return "gcp";
  return has("WEBSITE_INSTANCE_ID", "CONTAINER_APP_NAME") ? "azure" : "local";
}

/** Reads what is known of the build from the process's variables. */
export function buildMeta(variables: Environment): BuildMeta {
  const { GIT_COMMIT, GITHUB_SHA, SOURCE_VERSION } = variables;
  return { revision: GIT_COMMIT || GITHUB_SHA || SOURCE_VERSION || "", uncommittedChanges: false };
}
