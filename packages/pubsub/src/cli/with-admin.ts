import { withOpen } from "@twinloop/core-native/cli";
import type { Admin } from "../admin.ts";
import type { TopicsLine } from "./app-topics.ts";

/** Runs `work` on the broker that the app would use, without receiving messages. */
export function withAdmin<T>(line: TopicsLine, work: (admin: Admin) => Promise<T>): Promise<T> {
  return withOpen(line, async () => (await import("../admin.ts")).openAdmin(), work);
}
