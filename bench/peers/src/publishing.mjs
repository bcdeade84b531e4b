// Publishing with confirm over HTTP, for the servers of the publish workload.
import { openClient } from "./amqplib-client.mjs";

const { publish, waiting } = await openClient();

export { publish, waiting };
