import type { add, change, list, remove } from "../src/tasks/endpoints.ts";

type Endpoint = (request: never) => Promise<unknown>;
type RequestOf<T extends Endpoint> = Parameters<T>[0];
/** A response as it arrives: JSON has no dates. */
type Wire<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : { [K in keyof T]: Wire<T[K]> };
type ResponseOf<T extends Endpoint> = Wire<Awaited<ReturnType<T>>>;

/** A task as the page gets it. */
export type PageTask = ResponseOf<typeof list>["tasks"][number];

/** Lists the newest tasks. */
export async function listTasks(): Promise<PageTask[]> {
  return (await call<ResponseOf<typeof list>>("GET", "/tasks")).tasks;
}

/** Adds a task. */
export function addTask(request: RequestOf<typeof add>): Promise<ResponseOf<typeof add>> {
  return call("POST", "/tasks", request);
}

/** Changes a task. */
export function changeTask({ id, ...changes }: RequestOf<typeof change>): Promise<ResponseOf<typeof change>> {
  return call("PATCH", `/tasks/${id}`, changes);
}

/** Removes a task. */
export async function removeTask({ id }: RequestOf<typeof remove>): Promise<void> {
  await call("DELETE", `/tasks/${id}`);
}

/** Calls an endpoint; throws what the server says where it refuses. */
async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, { method, ...(body === undefined ? {} : json) });
  const text = await response.text();
  if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
  throw new Error(messageOf(text) ?? `the server answered ${response.status}`);
}

/** The message of an error's body; `undefined` where another program answered, as a proxy does. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return message;
  } catch {
    return undefined;
  }
}
