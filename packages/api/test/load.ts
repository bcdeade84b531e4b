import { Agent, request } from "node:http";

/** What one request was answered. */
export interface Answer {
  readonly status: number;
  /** The server said that the connection ends with it. */
  readonly last: boolean;
}

/** One request on the agent's connection. */
export function get(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume();
      response.once("end", () =>
        resolve({ status: response.statusCode!, last: response.headers.connection === "close" }),
      );
      response.once("error", reject);
    });
    sent.once("error", reject);
    sent.end();
  });
}

/** So many clients that send one request after another, each on a kept connection, until `until` is true of an answer. */
export async function hammer(
  url: string,
  clients: number,
  until: (answer: Answer) => boolean,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const answer = await get(url, agent);
      answers.push(answer);
      if (until(answer)) break;
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}
