import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { CommandLine } from "@twinloop/core-native/cli";
import { Writable } from "node:stream";
import { makeServer } from "./server.ts";
import { ServedApp } from "./served-app.ts";

/**
 * Runs `twinloop mcp`: serves the app over stdin and stdout until the client closes them.
 *
 * Shape: the exit code: 0 when the client has gone, 2 for words that the command does not take.
 */
export async function serve(line: CommandLine): Promise<number> {
  if (line.words.length > 0) {
    process.stderr.write(`\`twinloop mcp\` takes no words: ${line.words.join(" ")}\n`);
    return 2;
  }
  const server = makeServer(new ServedApp(line));
  const transport = new StdioServerTransport(process.stdin, ownStdout());
  const closed = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("close", resolve);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  await server.connect(transport);
  process.stderr.write(`serving ${line.root} to an agent on stdin and stdout\n`);
  await closed;
  await server.close();
  return 0;
}

/** Keeps stdout for the protocol: whatever else writes there, such as the app's packages, writes to stderr from now on. */
function ownStdout(): Writable {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void write(chunk, (error) => done(error)),
  });
}
