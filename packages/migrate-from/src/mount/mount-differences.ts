import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import type { Framework } from "./framework.ts";

/** What a text of a call says, and what it means for an app that is mounted. */
const CALLS: readonly (readonly [RegExp, "differs" | "left", string])[] = [
  [
    /^(?:https|http2)\.create(?:Secure)?Server$/,
    "left",
    "TLS and HTTP/2 are the edge's: start({ tls: { cert, key } })",
  ],
  [
    /^new (?:SocketServer|SocketIOServer|WebSocketServer|WebSocket\.Server)$/,
    "left",
    "WebSockets are upgraded by the edge: serve them as api.streamInOut, or on a port of their own",
  ],
  [/^expressWs$/, "left", "express-ws needs the server: serve WebSockets as api.streamInOut"],
  [/^cluster\.fork$/, "left", "processes share a port by `start({ workers })`, in one process"],
];

/** Reports what of a file behaves otherwise when its app is mounted. */
export function noteDifferences(file: SourceFile, framework: Framework, plan: Plan): void {
  file.walk((node) => {
    if (typescript.isStringLiteralLike(node) && /^\/(?:healthz|readyz)$/.test(node.text))
      plan.note(
        "differs",
        file.path,
        file.lineOf(node),
        `${node.text} is answered by Twinloop unless an endpoint of Twinloop has this path`,
      );
    if (
      typescript.isPropertyAssignment(node) &&
      node.name.getText() === "serverFactory" &&
      framework === "fastify"
    )
      plan.note(
        "left",
        file.path,
        file.lineOf(node),
        "serverFactory: keep its handler and mount that, as the README of @twinloop/api shows",
      );
    if (typescript.isStringLiteralLike(node) && node.text === "@fastify/websocket")
      plan.note(
        "left",
        file.path,
        file.lineOf(node),
        "WebSockets are upgraded by the edge: serve them as api.streamInOut",
      );
    if (!typescript.isCallExpression(node) && !typescript.isNewExpression(node)) return;
    const called = `${typescript.isNewExpression(node) ? "new " : ""}${file.textOf(node.expression)}`;
    const [first] = node.arguments ?? [];
    for (const [pattern, kind, message] of CALLS) {
      if (pattern.test(called)) plan.note(kind, file.path, file.lineOf(node), message);
    }
    const event = first && typescript.isStringLiteralLike(first) ? first.text : "";
    if (called === "process.on" && /^SIG(?:TERM|INT)$/.test(event))
      plan.note(
        "differs",
        file.path,
        file.lineOf(node),
        `${event}: Twinloop answers what it has received and ends the process; put your own work into onShutdown()`,
      );
    if (called.endsWith(".on") && event === "upgrade")
      plan.note(
        "left",
        file.path,
        file.lineOf(node),
        "WebSockets are upgraded by the edge: serve them as api.streamInOut",
      );
  });
}

/** What differs in every app that is mounted. */
export const everywhere: readonly string[] = [
  "HOST and PORT of the environment go before what start() is given; without a host Twinloop listens on localhost, with NODE_ENV=production on every address.",
  "/healthz and /readyz are answered by Twinloop.",
  "Header names in rawHeaders are in lower case; `date` and the framing of an answer are the edge's.",
  "req.socket has the address and destroy(), but carries no bytes; a content-length that is not the body's is 500.",
  "What is no well-formed request (400, 408, 431) is answered before the app sees it, as { code, message, details }.",
  "The logs of Twinloop are JSON lines; those of the app stay as they are.",
];
