/**
 * The code that is copied into each generated client, so that its file imports nothing.
 *
 * Sources become part of the client as text: they import only one another, export by declaration (`export function`,
 * never `export {}`), and give no two things the same name, in any file. Code of a part that the app does not need,
 * such as WebSockets, is left out.
 */
import { readFileSync } from "node:fs";

/** The modules that every generated client has, in the order in which they need each other. */
const CORE = [
  "api-error",
  "client-options",
  "retry",
  "wire-text",
  "request",
  "send",
  "answer",
  "base-url",
  "revive",
  "call",
];
/** Forms, multipart, texts and bytes. */
const BODIES = ["body"];
/** Event streams. */
const EVENTS = ["event-reader", "follow"];
/** WebSockets. */
const CONNECTIONS = ["connection", "open-connection"];

/** What of it the users of a generated client may import. */
const PUBLIC =
  "APIError CallOptions ClientOptions Connection ConnectionEnd ConnectOptions EventOptions HeaderValues RequestBody Retry retry";

/** The parts that a client needs beside its core. */
export interface RuntimeParts {
  readonly bodies: boolean;
  readonly events: boolean;
  readonly connections: boolean;
}

/**
 * Reads the code that generated clients share with this package: as TypeScript its sources, as JavaScript what was built of them.
 *
 * Shape:  one text without imports, in which only what users may import is exported.
 */
export function runtimeText(lang: "ts" | "js", { bodies, events, connections }: RuntimeParts): string {
  const files = [
    ...CORE,
    ...(bodies ? BODIES : []),
    ...(events ? EVENTS : []),
    ...(connections ? CONNECTIONS : []),
  ];
  return files.map((file) => moduleText(lang, file)).join("\n");
}

/**
 * The names that the shared code takes, whichever parts an app needs: a function keeps its name when the app gets its
 * first stream.
 */
export function runtimeNames(): readonly string[] {
  const text = runtimeText("ts", { bodies: true, events: true, connections: true });
  return [...text.matchAll(/^(?:export )?(?:async )?(?:function\*?|class|const|interface|type) (\w+)/gm)].map(
    ([, name]) => name!,
  );
}

/** Reads one module without its imports, and without `export` before names that are not public. */
function moduleText(lang: "ts" | "js", file: string): string {
  const place = lang === "ts" ? `../../src/${file}.ts` : `../../dist/${file}.js`;
  const text = readFileSync(new URL(place, import.meta.url), "utf8").replaceAll("\r\n", "\n");
  const plain = text
    .replaceAll(/^import [^;]*;\n/gm, "")
    .replaceAll(/^export \{\};?\n?/gm, "")
    .replaceAll(/^\/\/# sourceMappingURL=.*\n?/gm, "")
    .replaceAll(/^\/\/ oxlint-.*\n/gm, "");
  return plain.replaceAll(
    /^export ((?:async )?(?:function\*?|class|const|interface|type) (\w+))/gm,
    (_, rest, name) => (PUBLIC.split(" ").includes(name as string) ? `export ${rest}` : String(rest)),
  );
}
