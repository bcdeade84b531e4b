import type { Socket } from "node:net";

/** The longest line in characters; a longer one closes the socket. */
const MAX_LINE_LENGTH = 65_536;

/** Writes a value as one line of JSON; does nothing on a closed socket. */
export function writeLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}

/**
 * Calls `take` with the value of each line, `undefined` for a line that is not JSON; a line that is too long closes the
 * socket.
 */
export function readLines(socket: Socket, take: (value: unknown) => void): void {
  let pending = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) take(parseJson(line));
    if (pending.length > MAX_LINE_LENGTH) socket.destroy();
  });
}

/** Parses a JSON text; `undefined` for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
