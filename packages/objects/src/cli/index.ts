/**
 * What this package brings to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import {
  declarationsIn,
  type AppOnDisk,
  type Command,
  type EnvironmentReport,
  type Manifest,
  type PackageCli,
  type Variable,
} from "@twinloop/core-native/cli";

const objects: Command = {
  usage: [
    ["objects [list <bucket>]", "the app's buckets, or the objects of one"],
    ["objects <show|remove> <bucket> <key>", "what is known of an object, or its removal"],
  ],
  options: {
    prefix: { type: "text", value: "<text>", meaning: "list: what the keys begin with" },
    limit: { type: "count", value: "<n>", meaning: "list: how many (default 100)" },
    json: { type: "flag", meaning: "print JSON, for programs" },
  },
  run: async (line) => (await import("./objects.ts")).objectsCommand(line),
};

/** The variables of an app with buckets: where its objects are kept, and where the public ones are served. */
function variables(manifest: Manifest, isProduction: boolean): readonly Variable[] {
  if (declarationsIn(manifest, "@twinloop/objects", "Bucket").length === 0) return [];
  return [
    {
      name: "OBJECTS_URL",
      meaning:
        "where objects are kept: a folder, s3://bucket?endpoint=…&region=…, gs://bucket or az://container",
      default: isProduction ? undefined : "the folder .twinloop/objects",
      confidential: false,
    },
    {
      name: "OBJECTS_PUBLIC_URL",
      meaning: "where the objects of public buckets are served",
      default: "the store's own address; a folder has none",
      confidential: false,
    },
  ];
}

/** The problems of an `OBJECTS_URL` of no store and of an `OBJECTS_PUBLIC_URL` that is no address, for `check --env`. */
async function environment({ manifest }: AppOnDisk, values: NodeJS.ProcessEnv): Promise<EnvironmentReport> {
  if (declarationsIn(manifest, "@twinloop/objects", "Bucket").length === 0) {
    return { text: "", problems: [], isLacking: false };
  }
  const { schemeProblem, settings } = await import("../settings.ts");
  const given = values["OBJECTS_URL"];
  const wrong = given ? schemeProblem(given) : undefined;
  // What production misses is told with the variables.
  const { problems } = settings({ ...values, NODE_ENV: "development" });
  return { text: "", problems: [...(wrong === undefined ? [] : [wrong]), ...problems], isLacking: false };
}

/** The command and the variables of buckets, with their problems. */
export const cli: PackageCli = { commands: { objects }, variables, environment };
