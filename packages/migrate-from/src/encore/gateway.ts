import type { Plan } from "../plan.ts";
import type { FileDeclarations } from "./declarations.ts";

const FILE = "gateway.ts";

const TEXT = `import { authHandler, Gateway, type Header } from "@twinloop/api";

/** Nobody is known: with Encore too, endpoints with \`auth: true\` of an app without an auth handler are 401. */
const nobody = authHandler<{ authorization: Header<"Authorization"> }, { userID: string }>(async () => null);

export const gateway = new Gateway({ authHandler: nobody });
`;

/** Makes a gateway for an app that asks for callers and has no auth handler; returns its path, or null where none is needed. */
export function writeGateway(all: readonly FileDeclarations[], plan: Plan): string | null {
  if (
    all.some(
      ({ authHandlers, calls }) => authHandlers.length > 0 || calls.some(({ what }) => what === "Gateway"),
    )
  )
    return null;
  const asking = all.find(({ endpoints }) => endpoints.some(({ auth }) => auth));
  if (asking === undefined || plan.read(FILE) !== null) return null;
  plan.write(FILE, TEXT);
  plan.note("created", FILE, 0, "an auth handler that knows nobody: the app asks for callers and has none");
  const { line } = asking.endpoints.find(({ auth }) => auth)!;
  plan.note(
    "left",
    asking.file.path,
    line,
    "`auth: true` without an auth handler is 401 for everybody: say in gateway.ts who a caller is",
  );
  return FILE;
}
