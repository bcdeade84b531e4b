import { api, APIError, type HttpStatus, type Int, type Max, type Min } from "@twinloop/api";
import type { Task, TaskId, Title } from "./task.ts";
import { addTask, changeTask, findTask, newestTasks, removeTask } from "./task-store.ts";

/** Adds a task. */
export const add = api(
  { expose: true, method: "POST", path: "/tasks" },
  async ({ title }: { title: Title }): Promise<Task & { status: HttpStatus }> => ({
    ...(await addTask(title)),
    status: 201,
  }),
);

/** Lists the newest tasks. */
export const list = api(
  { expose: true, method: "GET", path: "/tasks" },
  async ({ limit = 50 }: { limit?: number & Int & Min<1> & Max<200> }): Promise<{ tasks: Task[] }> => ({
    tasks: await newestTasks(limit),
  }),
);

/** Gives one task. */
export const get = api(
  { expose: true, method: "GET", path: "/tasks/:id" },
  async ({ id }: { id: TaskId }): Promise<Task> => found(await findTask(id), id),
);

/** Changes the title of a task, or whether it is done. */
export const change = api(
  { expose: true, method: "PATCH", path: "/tasks/:id" },
  async ({ id, ...changes }: { id: TaskId; title?: Title; done?: boolean }): Promise<Task> =>
    found(await changeTask(id, changes), id),
);

/** Removes a task. */
export const remove = api(
  { expose: true, method: "DELETE", path: "/tasks/:id" },
  async ({ id }: { id: TaskId }): Promise<{ status: HttpStatus }> => {
    if (!(await removeTask(id))) throw APIError.notFound(`there is no task ${id}`);
    return { status: 204 };
  },
);

function found(task: Task | null, id: number): Task {
  if (task === null) throw APIError.notFound(`there is no task ${id}`);
  return task;
}
