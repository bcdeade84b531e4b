import { Problem } from "../../tools/setup/problem.mjs";
import { sendRequest } from "./http-request.mjs";

/**
 * Sends each workload's request to a server once, and checks the answers.
 *
 * Errors: `Problem` with every wrong answer: a fast wrong server must not be measured.
 *
 * @param {string} name for messages
 * @param {number} port
 * @param {readonly import("./workload.mjs").Workload[]} workloads
 * @returns {Promise<void>}
 */
export async function checkAnswers(name, port, workloads) {
  const wrong = [];
  for (const workload of workloads) {
    const before = await countHandled(name, port, workload);
    const answer = await sendRequest(port, workload);
    const ran = (await countHandled(name, port, workload)) - before;
    wrong.push(...faults(workload, answer, ran).map((fault) => `  ${workload.name}: ${fault}`));
  }
  if (wrong.length > 0) throw new Problem(`The server ${name} answers wrongly:\n${wrong.join("\n")}`);
}

/**
 * Tells what is wrong with an answer.
 *
 * @param {import("./workload.mjs").Workload} workload
 * @param {import("./http-request.mjs").Answer} answer
 * @param {number} ran how often its handler ran for it
 * @returns {string[]}
 */
export function faults(workload, answer, ran) {
  const { status, contentType, text } = answer;
  const found = [];
  if (status !== workload.status)
    found.push(`status ${status}, not ${workload.status} (${text.slice(0, 200)})`);
  if (workload.answer !== null) {
    if (!contentType.startsWith("application/json")) found.push(`content-type "${contentType}", not JSON`);
    if (text !== workload.answer) {
      found.push(`body ${text.slice(0, 200)}, not ${workload.answer.slice(0, 200)}`);
    }
  }
  found.push(...(workload.faults?.(answer) ?? []));
  if (workload.counter !== undefined && ran !== Number(workload.handled))
    found.push(`its handler ran ${ran} times`);
  return found;
}

/**
 * Counts how often the handler of a workload has run, or the rows that it left; 0 for a workload that is not counted.
 *
 * @param {string} name
 * @param {number} port
 * @param {import("./workload.mjs").Workload} workload
 * @returns {Promise<number>}
 */
export async function countHandled(name, port, { counter }) {
  if (counter === undefined) return 0;
  const { text } = await sendRequest(port, { target: counter });
  const count = /^\{"\w+":(\d+)\}$/.exec(text)?.[1];
  if (count === undefined)
    throw new Problem(`The server ${name} does not answer ${counter} with a count: ${text}`);
  return Number(count);
}
