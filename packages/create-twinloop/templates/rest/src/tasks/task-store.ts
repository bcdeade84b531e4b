import { sql } from "@twinloop/sqldb";
import { db } from "../database.ts";
import type { Task } from "./task.ts";

const TASK = sql`id, title, done, created_at as "createdAt"`;

/** Adds a task. */
export async function addTask(title: string): Promise<Task> {
  const task = await db.queryRow<Task>`insert into tasks (title) values (${title}) returning ${TASK}`;
  return task!;
}

/** Lists at most `limit` tasks, the newest first. */
export function newestTasks(limit: number): Promise<Task[]> {
  return db.queryAll<Task>`select ${TASK} from tasks order by id desc limit ${limit}`;
}

/** Finds a task; `null` when there is none with this number. */
export function findTask(id: number): Promise<Task | null> {
  return db.queryRow<Task>`select ${TASK} from tasks where id = ${id}`;
}

/** Changes what is given of a task; `null` when there is none with this number. */
export function changeTask(id: number, { title, done }: Partial<Task>): Promise<Task | null> {
  return db.queryRow<Task>`
    update tasks set title = coalesce(${title ?? null}, title), done = coalesce(${done ?? null}, done)
    where id = ${id} returning ${TASK}`;
}

/** Removes a task; says whether there was one. */
export async function removeTask(id: number): Promise<boolean> {
  return (await db.exec`delete from tasks where id = ${id}`) > 0;
}
