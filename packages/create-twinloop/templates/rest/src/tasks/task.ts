import type { Int, MaxLen, Min, MinLen } from "@twinloop/api";

/** The title of a task: from 1 to 200 characters. */
export type Title = string & MinLen<1> & MaxLen<200>;

/** The number of a task. */
export type TaskId = number & Int & Min<1>;

/** A task as callers see it. */
export interface Task {
  id: TaskId;
  title: string;
  done: boolean;
  createdAt: Date;
}
