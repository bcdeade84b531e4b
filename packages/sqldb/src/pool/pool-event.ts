import type { SessionEvent } from "../session/session.ts";

/** The message that node-postgres passes to the listeners of an event. */
export function toMessage(event: SessionEvent): object {
  if (event[0] === "notification") {
    const [name, channel, payload, processId] = event;
    return { name, channel, payload, processId };
  }
  const [name, { sqlstate, ...fields }, message] = event;
  return { name, message, code: sqlstate, ...fields };
}
