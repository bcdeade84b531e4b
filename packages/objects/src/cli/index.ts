/**
 * What this package brings to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import {
  declarationsIn,
  type Command,
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

/** The command and the variables of buckets. */
export const cli: PackageCli = { commands: { objects }, variables };
