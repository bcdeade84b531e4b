import { readDevFile } from "@twinloop/cli/internal";
import type { ServedApp } from "./served-app.ts";
import { ToolProblem } from "./tool-problem.ts";

/** The time in milliseconds after which a question is given up. */
const WITHIN_MS = 10_000;

/** The next step where no app can be asked. */
const RUN_IT =
  "Run `npx @twinloop/cli dev`, or name the admin server of an app by `twinloop mcp --admin-url`.";

/**
 * Asks the admin server of the running app: the one of `--admin-url`, else of the app that `twinloop dev` runs here.
 *
 * Shape:  a path such as `/api/traces` and its query -> the answer, parsed. `ADMIN_TOKEN` of the app's environment is sent along.
 * Errors: `ToolProblem` `failed_precondition` where no app runs, `unavailable` where none answers, and that of the answer.
 */
export async function askAdmin<T>(
  app: ServedApp,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): Promise<T> {
  const url = new URL(path, baseOf(app));
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const token = (await app.appEnvironment())["ADMIN_TOKEN"];
  const answer = await send(url, token ? { authorization: `Bearer ${token}` } : {});
  const body = (await answer.json().catch(() => undefined)) as unknown;
  if (answer.ok && body !== undefined) return body as T;
  const { code, message, hint } = (body ?? {}) as { code?: string; message?: string; hint?: string };
  const told = message ?? `The admin server at ${url.origin} answered ${answer.status}.`;
  throw new ToolProblem(code ?? "unavailable", told, hint ?? nextOf(answer.status));
}

function baseOf(app: ServedApp): string {
  const given = app.adminUrl;
  if (given !== undefined && !URL.canParse(given)) {
    const next = "Write it as http://127.0.0.1:4040.";
    throw new ToolProblem("invalid_argument", `--admin-url ${given} is no URL.`, next);
  }
  const base = given ?? readDevFile(app.root)?.adminUrl;
  if (base !== undefined) return base;
  throw new ToolProblem("failed_precondition", `No app runs under \`twinloop dev\` in ${app.root}.`, RUN_IT);
}

async function send(url: URL, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(WITHIN_MS) });
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new ToolProblem("unavailable", `The admin server at ${url.origin} did not answer: ${why}.`, RUN_IT);
  }
}

function nextOf(status: number): string {
  if (status === 401) return "Set ADMIN_TOKEN to the app's, in the environment of `twinloop mcp`.";
  return "Look at the log of the app.";
}
