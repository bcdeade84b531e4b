// Declares one of each primitive that it is told, starts, and has nothing to do. With none it is Node alone.
const primitives = process.argv.slice(2);
const Anything = { "~standard": { version: 1, vendor: "example", validate: (value) => ({ value }) } };

/** @type {Record<string, (primitive: any) => unknown>} */
const declare = {
  api: ({ api }) =>
    api({ expose: true, method: "POST", path: "/hello", request: Anything }, async () => "hello"),
  sqldb: ({ SQLDatabase }) => new SQLDatabase("idle"),
  pubsub: ({ Topic, Subscription }) => {
    const topic = new Topic("idle", { deliveryGuarantee: "at-least-once", schema: Anything });
    return new Subscription(topic, "nothing", { handler: async () => undefined });
  },
  cron: ({ CronJob }) =>
    new CronJob("idle", { title: "Once an hour", every: "1h", handler: async () => undefined }),
  secrets: ({ secret }) => secret("IdleKey"),
};

let start;
for (const name of primitives) {
  const primitive = await import(`@twinloop/${name}`);
  declare[name](primitive);
  start ??= primitive.start;
}
await start?.({ port: 0, banner: false });
console.log("idle");
setInterval(() => undefined, 2 ** 31 - 1);
