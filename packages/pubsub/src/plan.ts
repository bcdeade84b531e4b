import {
  buildSerializer,
  irFromSchema,
  loadManifest,
  problem,
  SystemCode,
  type LoadedManifest,
  type Node,
  type Problem,
  type Serialize,
  type TypeIndex,
} from "@twinloop/core-native/internal";
import type { DeclaredSubscription, DeclaredTopic } from "./registry.ts";
import type { StandardSchema } from "@twinloop/core-native";

/** A topic with all that is needed to publish to it. */
export interface PlannedTopic {
  readonly declared: DeclaredTopic;
  /** Its number in every operation. */
  readonly number: number;
  readonly type: TypeIndex;
  readonly serialize: Serialize;
  /** Whatever Rust cannot check of a message. */
  readonly refine: StandardSchema | undefined;
}

/** What this isolate publishes and subscribes to, and what keeps it from doing so. */
export interface Plan {
  readonly types: readonly Node[];
  readonly topics: readonly PlannedTopic[];
  /** By their number in every operation and delivery. */
  readonly subscriptions: readonly DeclaredSubscription[];
  readonly problems: readonly Problem[];
}

/** Finds each topic's message type, in its options or in the manifest. */
export function plan(declared: readonly DeclaredTopic[], loaded: LoadedManifest = loadManifest()): Plan {
  const types = [...(loaded.manifest?.types ?? [])];
  const found: { declared: DeclaredTopic; type: TypeIndex; refine: StandardSchema | undefined }[] = [];
  const problems: Problem[] = [];
  for (const topic of declared) {
    try {
      const type = typeOf(topic, types, loaded);
      if ("code" in type) problems.push(type);
      else found.push({ declared: topic, ...type });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push(
        problem(
          SystemCode.SchemaInvalid,
          `the schema of the topic "${topic.name}" cannot be used: ${message}`,
        ),
      );
    }
  }
  // Only now: serializers of one arena share it, and a later schema may add to it.
  const topics = found.map((each, number) => ({
    ...each,
    number,
    serialize: buildSerializer(types, each.type, "message"),
  }));
  const subscriptions = topics.flatMap(({ declared: { subscriptions } }) => subscriptions);
  return { types, topics, subscriptions, problems: [...problems, ...faults(declared)] };
}

function typeOf(
  { name, schema }: DeclaredTopic,
  types: Node[],
  loaded: LoadedManifest,
): { type: TypeIndex; refine: StandardSchema | undefined } | Problem {
  if (schema) {
    const { type, exact } = irFromSchema(schema, types);
    return { type, refine: exact ? undefined : schema };
  }
  const model = loaded.manifest?.topics.find((topic) => topic.name === name);
  if (model) return { type: model.message, refine: undefined };
  return (
    loaded.problems[0] ?? problem(SystemCode.TopicWithoutSchema, `the topic "${name}" is not in the manifest`)
  );
}

/** What is wrong with the declarations themselves. */
function faults(declared: readonly DeclaredTopic[]): Problem[] {
  const twice = (what: string, names: readonly string[]): Problem[] =>
    names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) =>
        problem(SystemCode.ConfigInvalid, `${what} "${name}" is declared twice`, "Rename one of the two."),
      );
  return [
    ...twice(
      "the topic",
      declared.map(({ name }) => name),
    ),
    ...declared.flatMap(({ name, problems, subscriptions }) => [
      ...problems,
      ...twice(
        `of the topic "${name}", the subscription`,
        subscriptions.map((each) => each.name),
      ),
      ...subscriptions.flatMap((each) => each.problems),
    ]),
  ];
}
