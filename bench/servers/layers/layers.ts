import { api } from "@twinloop/api";
import "./layers.service.ts";

interface Greeting {
  message: string;
}

/** hello without middleware, in a service that has some. */
export const none = api(
  { expose: true, method: "GET", path: "/layers/none" },
  async (): Promise<Greeting> => ({ message: "Hello, World!" }),
);

/** hello in one empty layer. */
export const one = api(
  { expose: true, method: "GET", path: "/layers/one", tags: ["one"] },
  async (): Promise<Greeting> => ({ message: "Hello, World!" }),
);

/** hello in five empty layers. */
export const five = api(
  { expose: true, method: "GET", path: "/layers/five", tags: ["five"] },
  async (): Promise<Greeting> => ({ message: "Hello, World!" }),
);
