import type { Socket } from "node:net";

/** A line longer than this is not ours. */
const MAX_LINE_LENGTH = 65_536;

/** Writes a value as one line of JSON, where somebody still reads. */
export function writeLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}

/** Calls `take` with the value of each line, `undefined` for one that is not JSON; a line without end closes the socket. */
export function readLines(socket: Socket, take: (value: unknown) => void): void {
  let pending = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) take(parseJson(line));
    if (pending.length > MAX_LINE_LENGTH) socket.destroy();
  });
}

/** The value of a JSON text; `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
