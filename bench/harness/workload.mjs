/**
 * One request, repeated, and what a right answer to it is.
 *
 * `answer` is the expected JSON text; null where only the status counts. `handled`: whether the handler may run.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} method
 * @property {string} target path and query
 * @property {Record<string, string>} headers
 * @property {string} body empty for none
 * @property {number} status
 * @property {string | null} answer
 * @property {boolean} handled
 */

const schemaBody = {
  someKey: "test",
  someOtherKey: 123,
  requiredKey: [123, 456, 789],
  nullableKey: null,
  multipleTypesKey: true,
  multipleRestrictedTypesKey: "test",
  enumKey: "John",
};

const schemaRequest = {
  method: "POST",
  target: "/schema?name=test&excitement=123",
  headers: { "content-type": "application/json", "x-foo": "test" },
};

/**
 * The workloads of the `api` suite, in the order in which they run.
 *
 * Source: the two of Encore's public benchmark (hello and schema), and the second one malformed.
 *
 * @type {readonly Workload[]}
 */
export const workloads = [
  {
    name: "hello",
    method: "GET",
    target: "/hello",
    headers: {},
    body: "",
    status: 200,
    answer: '{"message":"Hello, World!"}',
    handled: true,
  },
  {
    ...schemaRequest,
    name: "schema",
    body: JSON.stringify(schemaBody),
    status: 200,
    answer: '{"message":"Hello test! 123"}',
    handled: true,
  },
  {
    ...schemaRequest,
    name: "reject",
    body: JSON.stringify({ ...schemaBody, requiredKey: ["a", 1] }),
    status: 400,
    answer: null,
    handled: false,
  },
];
