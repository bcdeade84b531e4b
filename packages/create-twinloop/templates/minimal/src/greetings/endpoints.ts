import { api, type Int, type Max, type MaxLen, type Min } from "@twinloop/api";

interface GreetRequest {
  name: string & MaxLen<80>;
  /** How often to greet; from the query. */
  times?: number & Int & Min<1> & Max<10>;
}

interface Greeting {
  text: string;
}

/** Greets someone by name. */
export const greet = api(
  { expose: true, method: "GET", path: "/greetings/:name" },
  async ({ name, times = 1 }: GreetRequest): Promise<Greeting> => ({
    text: Array.from({ length: times }, () => `Hello, ${name}!`).join(" "),
  }),
);
