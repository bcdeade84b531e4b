import { expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const imports = `import { api, start } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
import { SQLDatabase } from "@twinloop/sqldb";
`;
const early = `export const a = api({ path: "/a" }, async () => ({ n: 1 }));
export const topic = new Topic<{ n: number }>("t", { deliveryGuarantee: "at-least-once" });
`;

function told(text: string): string[] {
  const { problems } = readApp(imports + text);
  return problems.map(({ code, message, hint, line }) => `${line} ${code}: ${message} | ${hint}`);
}

test("what stands behind the module's own start() is refused, because the app starts without it", () => {
  const late = `await start();
export const b = api({ path: "/b" }, async () => ({ n: 1 }));
export const s = new Subscription(topic, "s", { handler: async () => {} });
export const db = new SQLDatabase("d");
`;
  const hint = "Move it above the call of `start()`.";
  expect(told(early + late)).toEqual([
    `7 declared_late: \`api\` stands behind \`start()\`, so the app starts without this endpoint | ${hint}`,
    `8 declared_late: \`Subscription\` stands behind \`start()\`, so the app starts without this subscription | ${hint}`,
    `9 declared_late: \`SQLDatabase\` stands behind \`start()\`, so the app starts without this database | ${hint}`,
  ]);
});

test("a start() within a function, and what is done behind one, are let through", () => {
  expect(told(`${early}await start();\nawait topic.publish({ n: 1 });\n`)).toEqual([]);
  expect(told(`async function main(): Promise<void> {\n  await start();\n}\n${early}void main();\n`)).toEqual(
    [],
  );
});
