import { stringArgument, type Declaration } from "./declaration.ts";
import type { CronEntry, DatabaseEntry, SecretEntry, SubscriptionEntry, TopicEntry } from "./manifest.ts";
import { memberOf, staticValue } from "./static-value.ts";
import type { SyntaxNode } from "./syntax.ts";
import type { TypeReader } from "./type-reader.ts";

type Undeclared<T> = Omit<T, "file" | "line">;

/** What a declaration other than an endpoint adds to the app's model. */
export type ModelEntry =
  | { section: "topics"; entry: Undeclared<TopicEntry> }
  | { section: "subscriptions"; entry: Undeclared<SubscriptionEntry> }
  | { section: "databases"; entry: Undeclared<DatabaseEntry> }
  | { section: "crons"; entry: Undeclared<CronEntry> }
  | { section: "secrets"; entry: Undeclared<SecretEntry> }
  | { section: "services"; entry: { name: string } };

/** Reads a topic, subscription, database, cron job, secret or service. */
export function readModelEntry(reader: TypeReader, declaration: Declaration): ModelEntry | null {
  const [first, second] = declaration.call.arguments ?? [];
  switch (declaration.what) {
    case "Topic":
      return readTopic(reader, declaration);
    case "Subscription":
      return readSubscription(reader, declaration);
    case "SQLDatabase":
      return named(reader, declaration, first, (name) => {
        const migrations = optionOf(reader, second, "migrations");
        return { section: "databases", entry: { name, ...(migrations === null ? {} : { migrations }) } };
      });
    case "CronJob":
      return named(reader, declaration, first, (id) => ({
        section: "crons",
        entry: { id, ...timesOf(reader, second) },
      }));
    case "secret":
      return named(reader, declaration, first, (name) => {
        const optional = isTrue(reader, second, "optional") || hasOption(reader, second, "default");
        return { section: "secrets", entry: { name, ...(optional ? { optional } : {}) } };
      });
    case "Service":
      return named(reader, declaration, first, (name) => ({ section: "services", entry: { name } }));
    default:
      return null;
  }
}

function readTopic(reader: TypeReader, declaration: Declaration): ModelEntry | null {
  const { call, variable, location } = declaration;
  const typeNode = call.typeArguments?.[0];
  return named(reader, declaration, call.arguments?.[0], (name) => {
    // A topic with a schema of its own is described when the app starts.
    if (typeNode === undefined && hasOption(reader, call.arguments?.[1], "schema")) return null;
    if (typeNode === undefined) {
      const site = { location, path: "message" };
      reader.report(
        site,
        "request_not_declared",
        `The messages of topic \`${name}\` have no type`,
        "Write `new Topic<Message>(…)`.",
      );
      return null;
    }
    const site = { location: reader.source.location(typeNode), path: "message" };
    const message = reader.read(reader.source.typeOfTypeNode(typeNode), site);
    const doc = variable === null ? "" : reader.source.documentation(variable);
    return { section: "topics", entry: { name, message, ...(doc === "" ? {} : { doc }) } };
  });
}

function readSubscription(reader: TypeReader, declaration: Declaration): ModelEntry | null {
  const [topic, name] = declaration.call.arguments ?? [];
  return named(reader, declaration, name, (own) => {
    const topicDeclaration = topic === undefined ? null : reader.source.resolve(topic)?.declaration();
    const call = (topicDeclaration as { initializer?: { arguments?: readonly SyntaxNode[] } } | null)
      ?.initializer;
    const found = stringArgument(call?.arguments?.[0], reader.source);
    return { section: "subscriptions", entry: { topic: "value" in found ? found.value : "", name: own } };
  });
}

/** When a job is due, as far as it is written where it can be read. */
function timesOf(
  reader: TypeReader,
  options: SyntaxNode | undefined,
): Pick<CronEntry, "every" | "schedule" | "timeZone"> {
  const found = (["every", "schedule", "timeZone"] as const).map((name) => {
    const value = optionOf(reader, options, name);
    return value === null ? {} : { [name]: value };
  });
  return Object.assign({}, ...found) as Pick<CronEntry, "every" | "schedule" | "timeZone">;
}

function named(
  reader: TypeReader,
  declaration: Declaration,
  argument: SyntaxNode | undefined,
  make: (name: string) => ModelEntry | null,
): ModelEntry | null {
  const found = stringArgument(argument, reader.source);
  if ("value" in found) return make(found.value);
  const location = argument === undefined ? declaration.location : reader.source.location(argument);
  const reason =
    found.code === "option_not_static"
      ? "cannot be read at build time"
      : "must be a string that is not empty";
  reader.report(
    { location, path: "name" },
    found.code,
    `The name of this ${declaration.what} ${reason}`,
    "Write it as a literal or a constant.",
  );
  return null;
}

function hasOption(reader: TypeReader, options: SyntaxNode | undefined, name: string): boolean {
  return options !== undefined && typeof memberOf(options, name, reader.source) === "object";
}

function isTrue(reader: TypeReader, options: SyntaxNode | undefined, name: string): boolean {
  if (options === undefined) return false;
  const member = memberOf(options, name, reader.source);
  return typeof member === "object" && staticValue(member.found, reader.source) === true;
}

function optionOf(reader: TypeReader, options: SyntaxNode | undefined, name: string): string | null {
  if (options === undefined) return null;
  const member = memberOf(options, name, reader.source);
  const value = typeof member === "object" ? staticValue(member.found, reader.source) : undefined;
  return typeof value === "string" ? value : null;
}
