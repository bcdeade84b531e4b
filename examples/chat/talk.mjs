// node talk.mjs http://localhost:4000 <room> <name> <text>: says something, and shows what is said until then.
import { connect, createClient } from "@twinloop/client";
import { WebSocket } from "ws";

const [url, room, name, text] = process.argv.slice(2);
const stream = await connect(createClient(url), "GET /rooms/:room", { room, name }, { WebSocket });
stream.send({ text });
for await (const message of stream) {
  console.log(`${message.name}: ${message.text}`);
  if (message.name === name && message.text === text) break;
}
stream.close();
