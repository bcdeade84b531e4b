import { createClient } from "@twinloop/client";
import type * as tasks from "../src/tasks/endpoints.ts";

/** The app that the page was loaded from: `client("GET /tasks")` and the like, typed by the endpoints. */
export const client = createClient<typeof tasks>("/");

/** A task as the page gets it. */
export type PageTask = Awaited<ReturnType<typeof tasks.get>>;
