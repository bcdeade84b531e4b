import {
  AppProblem,
  declarationsIn,
  printed,
  table,
  Unclear,
  type CommandLine,
  type Result,
} from "@twinloop/core-native/cli";
import type { Bucket } from "../bucket.ts";
import type { ListEntry } from "../options.ts";

/** A bucket as the code declares it. */
interface AppBucket {
  readonly name: string;
  readonly isPublic: boolean;
  readonly isVersioned: boolean;
  /** File and line of its declaration. */
  readonly at: string;
}

const DEFAULT_LIMIT = 100;

/**
 * `twinloop objects [list|show|remove]`, on the store that the environment names.
 *
 * Shape:  0 when it was done, 1 when the app or its store has problems, 2 for the command line.
 */
export function objectsCommand(line: CommandLine): Promise<number> {
  return printed(line.options["json"] === true, () => run(line));
}

async function run(line: CommandLine): Promise<Result> {
  const [word, name, key, ...rest] = line.words;
  const isListing = word === "list";
  if (word !== undefined && !isListing && word !== "show" && word !== "remove") {
    throw new Unclear(`There is no \`objects ${word}\`; there are list, show, remove.`);
  }
  if (word !== undefined && (name === undefined || (key === undefined) !== isListing || rest.length > 0)) {
    throw new Unclear(`Write twinloop objects ${word} <bucket>${isListing ? "" : " <key>"}.`);
  }
  const buckets = bucketsOf(line);
  if (word === undefined) return describeBuckets(await buckets);
  const found = (await buckets).find((bucket) => bucket.name === name);
  if (!found)
    throw new AppProblem(`The app declares no bucket ${name}; \`twinloop objects\` lists those it has.`);
  return withBucket(found, (bucket) => {
    if (isListing) return list(bucket, line);
    return word === "show" ? show(bucket, key!) : remove(bucket, key!);
  });
}

async function bucketsOf(line: CommandLine): Promise<readonly AppBucket[]> {
  const declared = declarationsIn(await line.manifest(), "@twinloop/objects", "Bucket");
  return declared.map(({ name, file, line: at, options }) => ({
    name,
    isPublic: options["public"] === true,
    isVersioned: options["versioned"] === true,
    at: `${file}:${at}`,
  }));
}

function describeBuckets(value: readonly AppBucket[]): Result {
  if (value.length === 0) return { value, text: "the app declares no bucket" };
  const yes = (is: boolean): string => (is ? "yes" : "-");
  const rows = value.map(({ name, isPublic, isVersioned, at }) => [
    name,
    yes(isPublic),
    yes(isVersioned),
    at,
  ]);
  return { value, text: table(["bucket", "public", "versioned", "declared at"], rows) };
}

/** Runs `work` on a bucket of the app's store, and closes the store. */
async function withBucket(
  { name, isPublic, isVersioned }: AppBucket,
  work: (bucket: Bucket) => Promise<Result>,
): Promise<Result> {
  // Only now: a command line that is wrong needs no addon.
  const { Bucket } = await import("../bucket.ts");
  const { disconnect } = await import("../store.ts");
  try {
    return await work(new Bucket(name, { public: isPublic, versioned: isVersioned }));
  } finally {
    await disconnect();
  }
}

async function list(bucket: Bucket, { options }: CommandLine): Promise<Result> {
  const value: ListEntry[] = [];
  const limit = (options["limit"] as number | undefined) ?? DEFAULT_LIMIT;
  const prefix = (options["prefix"] as string | undefined) ?? "";
  for await (const entry of bucket.list({ prefix, limit })) value.push(entry);
  if (value.length === 0) return { value, text: "no objects" };
  const rows = value.map(({ name, size, etag }) => [name, String(size), etag]);
  return { value, text: table(["key", "bytes", "etag"], rows) };
}

async function show(bucket: Bucket, key: string): Promise<Result> {
  const value = await bucket.attrs(key);
  return {
    value,
    text: Object.entries(value)
      .map(([name, known]) => `${name}: ${String(known)}`)
      .join("\n"),
  };
}

async function remove(bucket: Bucket, key: string): Promise<Result> {
  await bucket.remove(key);
  return { value: { bucket: bucket.name, removed: key }, text: `${key}: removed` };
}
