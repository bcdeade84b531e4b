import { api, type Header, type Query } from "@twinloop/api";

interface Greeting {
  message: string;
}

export interface SchemaRequest {
  name?: Query<string>;
  excitement?: Query<number>;
  foo: Header<"x-foo">;
  someKey?: string;
  someOtherKey?: number;
  requiredKey: number[];
  nullableKey?: number | null;
  multipleTypesKey?: boolean | number;
  multipleRestrictedTypesKey?: string | number;
  enumKey?: "John" | "Foo";
}

interface Item {
  id: number;
  name: string;
  price: number;
  tags: string[];
  inStock: boolean;
  note: string | null;
}

let handled = 0;

/** The hello workload: no input. */
export const hello = api({ expose: true, method: "GET", path: "/hello" }, async (): Promise<Greeting> => ({
  message: "Hello, World!",
}));

/** The schema workload: two query parameters, a header and a body of seven fields, all of them checked. */
export const schema = api(
  { expose: true, method: "POST", path: "/schema" },
  async ({ name = "World", excitement = 0 }: SchemaRequest): Promise<Greeting> => {
    handled += 1;
    return { message: `Hello ${name}! ${excitement}` };
  },
);

/** How often the handler of the schema workload ran: it must not move when a request is refused. */
export const countHandled = api(
  { expose: true, method: "GET", path: "/handled" },
  async (): Promise<{ handled: number }> => ({ handled }),
);

/** The json workloads: a list of objects, all of them checked. */
export const items = api(
  { expose: true, method: "POST", path: "/items" },
  async ({ items }: { items: Item[] }): Promise<{ count: number; total: number; last?: Item }> => {
    let total = 0;
    for (const { price } of items) total += price;
    const last = items.at(-1);
    return last ? { count: items.length, total, last } : { count: 0, total };
  },
);

/** The strings workload: long strings, all of them checked. */
export const strings = api(
  { expose: true, method: "POST", path: "/strings" },
  async ({ strings }: { strings: string[] }): Promise<{ count: number; characters: number }> => {
    let characters = 0;
    for (const { length } of strings) characters += length;
    return { count: strings.length, characters };
  },
);

/** The matrix workload: numbers with fractions, all of them checked. */
export const matrix = api(
  { expose: true, method: "POST", path: "/matrix" },
  async ({ rows }: { rows: number[][] }): Promise<{ count: number; total: number }> => {
    let total = 0;
    for (const row of rows) for (const value of row) total += value;
    return { count: rows.length, total };
  },
);

interface TreeNode {
  name: string;
  value: number;
  children: TreeNode[];
}

/** The tree workload: a type that holds itself, checked to its leaves. */
export const tree = api(
  { expose: true, method: "POST", path: "/tree" },
  async (root: TreeNode): Promise<{ count: number; total: number }> => {
    const sum = { count: 0, total: 0 };
    addNode(sum, root);
    return sum;
  },
);

function addNode(sum: { count: number; total: number }, { value, children }: TreeNode): void {
  sum.count += 1;
  sum.total += value;
  for (const child of children) addNode(sum, child);
}

/** The timer workload: 5 ms. */
export const timer = api(
  { expose: true, method: "GET", path: "/timer" },
  async (): Promise<{ waitedMs: number }> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { waitedMs: 5 };
  },
);

/** The burn workload: 50 µs of work. */
export const burn = api(
  { expose: true, method: "GET", path: "/burn" },
  async (): Promise<{ burntMicros: number }> => {
    const end = performance.now() + 0.05;
    while (performance.now() < end);
    return { burntMicros: 50 };
  },
);

/** The echo workloads of the websocket suite: text as it is. */
export const echo = api.streamInOut<string, string>(
  { expose: true, path: "/echo", format: "raw" },
  async (stream) => {
    for await (const message of stream) await stream.send(message);
  },
);

interface EchoMessage {
  text: string;
  number: number;
}

/** The echo of an object, checked on both ways. */
export const echoJson = api.streamInOut<EchoMessage, EchoMessage>(
  { expose: true, path: "/echo-json" },
  async (stream) => {
    for await (const message of stream) await stream.send(message);
  },
);
