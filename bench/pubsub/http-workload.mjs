import { limitServer, onNode, twinloopServer } from "../harness/server-list.mjs";
import { message } from "./messages.mjs";

/**
 * The servers of the publish workload, in the order of the tables and of each round.
 *
 * @type {readonly import("../harness/server-list.mjs").Server[]}
 */
export const publishServers = [
  limitServer,
  twinloopServer,
  onNode("node-http-amqplib", "node:http + amqplib", "amqplib"),
  onNode("fastify-amqplib", "Fastify 5 + amqplib", "amqplib"),
];

/**
 * The publish workload: a message out of a request's body, answered when the broker has confirmed it.
 *
 * @type {import("../harness/workload.mjs").Workload}
 */
export const publishWorkload = {
  name: "publish",
  method: "POST",
  target: "/publish",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(message(0)),
  status: 200,
  answer: '{"published":true}',
  handled: true,
  counter: "/queued",
};
