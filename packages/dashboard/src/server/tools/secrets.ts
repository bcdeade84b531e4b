import type * as Admin from "@twinloop/secrets/admin";
import { z } from "zod";
import { importAdmin } from "../app-packages.ts";
import type { Tools } from "../ask-tool.ts";

/** The tool `secrets.list`: where each value in use is from, or where it was looked for. Never a value. */
export const secretTools: Tools<"secrets.list"> = {
  "secrets.list": {
    input: z.strictObject({}),
    async run() {
      const { secretsInUse } = await importAdmin<typeof Admin>("secrets");
      return secretsInUse().map(({ name, found, problem }) => {
        return { name, found: found !== null, where: found ?? problem ?? "nowhere" };
      });
    },
  },
};
