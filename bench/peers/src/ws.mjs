// node:http with ws.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { host, port } from "./address.mjs";

const server = createServer((_request, response) => response.end('{"message":"Hello, World!"}'));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (socket, request) => {
  const isJson = request.url === "/echo-json";
  socket.on("message", (data, isBinary) => {
    if (isJson) socket.send(JSON.stringify(JSON.parse(String(data))));
    else socket.send(data, { binary: isBinary });
  });
});
server.listen(port, host);
