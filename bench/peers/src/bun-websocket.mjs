// Bun.serve with its WebSockets; runs on Bun.
import { host, port } from "./address.mjs";

Bun.serve({
  hostname: host,
  port,
  fetch(request, server) {
    const isJson = new URL(request.url).pathname === "/echo-json";
    if (server.upgrade(request, { data: { isJson } })) return undefined;
    return Response.json({ message: "Hello, World!" });
  },
  websocket: {
    message(socket, data) {
      socket.send(socket.data.isJson ? JSON.stringify(JSON.parse(data)) : data);
    },
  },
});
