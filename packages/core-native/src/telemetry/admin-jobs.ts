import type { ItemHandler } from "../crossing/inbox.ts";
import { port } from "../crossing/port.ts";
import { primitive } from "../crossing/primitive.ts";
import { APIError } from "../errors/error.ts";
import { encodeWireError, toWireError } from "../errors/wire-error.ts";
import { Profiles, PROFILE_TARGET } from "./profile.ts";
import { COMPONENT } from "./records.ts";

/** Who answers the questions of the dashboard's pages in this isolate. */
let questions: ItemHandler | undefined;

/** Sets who answers `POST /api/ask` of the admin server in this isolate. The handler must not throw. */
export function answerQuestions(handler: ItemHandler): void {
  questions = handler;
}

/** Takes the jobs of the admin server in this isolate: profiles of it, and questions. */
export async function serveAdmin(): Promise<void> {
  const native = primitive({ name: COMPONENT, from: import.meta.url, operations: ["serve"] });
  const profiles = new Profiles(port());
  native.onJob((id, target, aux, text, tagged) => {
    if (target === PROFILE_TARGET) profiles.handle(id, text);
    else (questions ?? refuse)(id, target, aux, text, tagged);
  });
  await native.call("serve");
}

/** Answers a question in an app whose dashboard is not there to answer. */
function refuse(id: number): void {
  const wire = toWireError(APIError.unimplemented("nobody answers questions in this app"));
  port().outbox.fail(id, wire.status, encodeWireError(wire));
}
