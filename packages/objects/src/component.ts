import {
  connectOrExplain,
  problem,
  register,
  SystemCode,
  type Component,
  type Declarations,
  type Running,
} from "@twinloop/core-native/internal";
import type { Problem } from "@twinloop/core-native";
import { ObjectsError } from "./error.ts";
import { findProblems } from "./plan.ts";
import { buckets, type DeclaredBucket } from "./registry.ts";
import { settings } from "./settings.ts";
import { connect, disconnect } from "./store.ts";

const component: Component = {
  name: "objects",
  role: "provides",

  check(): readonly Problem[] {
    return [...findProblems(buckets), ...settings().problems];
  },

  async start(): Promise<readonly Running[]> {
    const { place } = await connectOrExplain(connect, ObjectsError, explain);
    return [
      { what: "objects", where: place },
      ...buckets.map((bucket) => ({ what: `bucket ${bucket.name}`, where: describe(bucket) })),
    ];
  },

  declared(): readonly Declarations[] {
    return [{ package: "@twinloop/objects", what: "Bucket", names: buckets.map(({ name }) => name) }];
  },

  stop(): Promise<void> {
    return disconnect();
  },
};

function describe({ isPublic, isVersioned }: DeclaredBucket): string {
  return `${isPublic ? "public" : "private"}${isVersioned ? ", versioned" : ""}`;
}

function explain(error: ObjectsError): Problem {
  const code = error.code === "invalid_argument" ? SystemCode.ConfigInvalid : SystemCode.StartFailed;
  const hint = "Correct OBJECTS_URL or the credentials beside it, or start the store.";
  return problem(code, error.message, hint);
}

/** Makes buckets part of the app's start and stop. */
export function registerComponent(): void {
  register(component);
}
