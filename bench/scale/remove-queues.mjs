// Removes the suite's subscriptions from the broker of PUBSUB_URL, with their queues: run in a process of its own.
import { openAdmin } from "@twinloop/pubsub/admin";

const admin = await openAdmin();
for (const { topic, subscription } of await admin.subscriptions()) {
  if (topic.startsWith("scale-")) await admin.remove({ topic, subscription });
}
await admin.close();
process.exit(0);
