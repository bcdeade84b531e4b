import { problem, SystemCode, type Problem } from "@twinloop/core-native/internal";

/** The folder of a laptop, below the app's root. */
const FOLDER = ".twinloop/objects";

const ACCEPTED = "a folder, s3://bucket?endpoint=…&region=…, gs://bucket or az://container?account=…";

/** The variables that credentials are in, by how their names begin: one family for each cloud. */
const CREDENTIALS = /^(?:AWS|GOOGLE|AZURE)_/;

/** Where the app's objects are. */
export interface StoreSettings {
  readonly url: string;
  readonly publicUrl: string | null;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Where the app's objects are: `OBJECTS_URL`; without it, in development, a folder. Production wants to be told.
 *
 * Shape:  the environment -> the settings, with what is wrong with them. The URL itself is read by Rust.
 */
export function settings(environment: NodeJS.ProcessEnv = process.env): {
  readonly settings: StoreSettings;
  readonly problems: readonly Problem[];
} {
  const { OBJECTS_URL: given, OBJECTS_PUBLIC_URL: publicUrl, NODE_ENV } = environment;
  const problems: Problem[] = [];
  if (!given && NODE_ENV === "production") {
    const message = "Nothing says where objects are kept, which production wants to be told.";
    problems.push(problem(SystemCode.ConfigInvalid, message, `Set OBJECTS_URL to ${ACCEPTED}.`));
  }
  if (publicUrl && !isWebAddress(publicUrl)) {
    const message = `OBJECTS_PUBLIC_URL is ${JSON.stringify(publicUrl)}, which is no http:// or https:// URL without a query.`;
    const hint =
      "Write where the objects of public buckets are served, such as https://cdn.example.com/files.";
    problems.push(problem(SystemCode.ConfigInvalid, message, hint));
  }
  return {
    settings: { url: given || FOLDER, publicUrl: publicUrl || null, environment: credentials(environment) },
    problems,
  };
}

const SCHEMES = ["s3", "gs", "az", "file", "memory"];

/**
 * What is wrong with a value of `OBJECTS_URL` as far as its scheme tells; `undefined` for nothing. The rest is read by Rust, when
 * the app starts.
 */
export function schemeProblem(given: string): Problem | undefined {
  // One letter is a drive of Windows.
  const [, scheme, slashes] = /^([a-z0-9+.-]{2,}):(\/\/)?/i.exec(given) ?? [];
  if (scheme === undefined || (slashes !== undefined && SCHEMES.includes(scheme))) return undefined;
  const message =
    slashes === undefined
      ? `OBJECTS_URL cannot be used: ${scheme}: without // is neither a store nor a folder.`
      : `OBJECTS_URL cannot be used: ${scheme}:// is no store.`;
  return problem(SystemCode.ConfigInvalid, message, `Set OBJECTS_URL to ${ACCEPTED}.`);
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && search === "" && hash === "";
}

function credentials(environment: NodeJS.ProcessEnv): Record<string, string> {
  const named = Object.entries(environment).filter(([name, value]) => CREDENTIALS.test(name) && value);
  return Object.fromEntries(named) as Record<string, string>;
}
