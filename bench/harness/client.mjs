import { fork } from "node:child_process";
import { on } from "node:events";
import { fileURLToPath } from "node:url";
import { Problem } from "../../tools/setup/problem.mjs";

/**
 * A client library in a process of its own, which runs commands and reports their cost.
 *
 * @template Task, Measurement
 * @typedef {{ run: (task: Task) => Promise<Measurement>, stop: () => void }} Client
 */

/**
 * Starts a client and waits until it is ready.
 *
 * Shape:  `program` imports the module `client`, sends `"ready"`, and answers each message, a task, by `{ measured }` or by
 *         `{ failed }`, a sentence.
 * Errors: `Problem` when a task fails or the process ends.
 *
 * @template Task, Measurement
 * @param {URL} program what the process runs
 * @param {string} client URL of the library's module
 * @param {Record<string, string | undefined>} env added to the environment, or taken out of it where it is undefined
 * @returns {Promise<Client<Task, Measurement>>}
 */
export async function startClient(program, client, env) {
  const whole = { ...process.env, NODE_ENV: "production", ...env };
  const child = fork(fileURLToPath(program), [client], { env: whole, execArgv: [] });
  const messages = on(child, "message", { close: ["exit"] });
  const reply = async () => {
    const { value, done } = await messages.next();
    const message = done ? { failed: "its process ended" } : value[0];
    if (message.failed) throw new Problem(`The client ${client} could not be measured: ${message.failed}.`);
    return message;
  };
  try {
    await reply();
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    run: async (task) => {
      child.send(/** @type {any} */ (task));
      return (await reply()).measured;
    },
    stop: () => child.kill("SIGKILL"),
  };
}
