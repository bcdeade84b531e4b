import { api, type Header, type Query } from "@twinloop/api";

interface Greeting {
  message: string;
}

interface SchemaRequest {
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
