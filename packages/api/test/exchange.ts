import { connect } from "node:net";

/** What a server has sent for one request. */
export interface Exchanged {
  readonly status: number;
  /** The value of a header, several joined by `", "`; `undefined` when it was not sent. */
  readonly header: (name: string) => string | undefined;
  /** The body, its chunks joined. */
  readonly body: string;
}

/** Sends the bytes of one request, which asks for the connection to be closed, and reads the answer to its end. */
export async function exchange(url: string, request: Buffer): Promise<Exchanged> {
  const { port } = new URL(url);
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(request));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("close", () => resolve(Buffer.concat(chunks)));
    // A server that has refused a body closes before all of it is sent; what it has sent counts.
    socket.on("error", (error) => (chunks.length > 0 ? resolve(Buffer.concat(chunks)) : reject(error)));
  });
  return parse(bytes.toString("utf8"));
}

function parse(text: string): Exchanged {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line) => /^([^:]*):\s*(.*)$/.exec(line)!.slice(1) as [string, string]);
  const header = (name: string): string | undefined => {
    const values = headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(", ");
  };
  const rest = text.slice(end + 4);
  const body = header("transfer-encoding") === "chunked" ? joined(rest) : rest;
  return { status: Number(first.split(" ")[1]), header, body };
}

function joined(chunked: string): string {
  let rest = chunked;
  let whole = "";
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = parseInt(rest.slice(0, line), 16);
    if (!(size > 0)) return whole;
    whole += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}
