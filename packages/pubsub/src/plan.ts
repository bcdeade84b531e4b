import {
  buildSerializer,
  irFromSchema,
  declarationsIn,
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

/** A topic with its message type and its serializer: all that is needed to publish. */
export interface PlannedTopic {
  /** The topic as its module declares it. */
  readonly declared: DeclaredTopic;
  /** The topic's number in every operation. */
  readonly number: number;
  /** The message's type, by its place among `types`. */
  readonly type: TypeIndex;
  /** Writes a message as JSON, without what its type does not declare. */
  readonly serialize: Serialize;
  /** The schema whose refinements and transforms Rust cannot check; `undefined` without any. */
  readonly refine: StandardSchema | undefined;
}

/** The topics and subscriptions of this isolate, and the problems that keep the app from starting. */
export interface Plan {
  /** The types of the manifest, then those of schemas in options. */
  readonly types: readonly Node[];
  /** The topics; the index is the topic's number in operations. */
  readonly topics: readonly PlannedTopic[];
  /** The subscriptions; the index is the subscription's number in operations and deliveries. */
  readonly subscriptions: readonly DeclaredSubscription[];
  /** What keeps the app from starting: wrong options, and topics without a type. */
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
  // Built last: all serializers share one list of types, and each schema may add to it.
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
  const models = declarationsIn(loaded.manifest, "@twinloop/pubsub", "Topic");
  const type = models.find((topic) => topic.name === name)?.types["message"];
  if (type !== undefined) return { type, refine: undefined };
  return (
    loaded.problems[0] ?? problem(SystemCode.TopicWithoutSchema, `the topic "${name}" is not in the manifest`)
  );
}

/** Finds former names of `renamedFrom` that the app still declares as subscriptions of their own. */
function renamedFromAnother(
  { name, topic, settings }: DeclaredSubscription,
  all: readonly DeclaredSubscription[],
): Problem[] {
  return settings.renamedFrom
    .filter((former) => former === name || all.some((other) => other.name === former))
    .map((former) =>
      problem(
        SystemCode.ConfigInvalid,
        `The subscription "${topic.name}/${name}" is renamed from "${former}", which the app declares too.`,
        `Remove "${former}" from renamedFrom, or the subscription "${former}".`,
      ),
    );
}

/** Finds names that are declared twice, and everything else that is wrong with the declarations themselves. */
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
      ...subscriptions.flatMap((each) => renamedFromAnother(each, subscriptions)),
    ]),
  ];
}
