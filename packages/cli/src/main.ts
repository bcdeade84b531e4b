#!/usr/bin/env node
import { run } from "./command.ts";
import { failureText } from "./failure.ts";

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`);
  process.exitCode = 1;
}
