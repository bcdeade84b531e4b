import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { get } from "../../../packages/api/test/load.ts";

/** Between an answer and a visitor's next request, on average. */
const PAUSE_MS = 20;

/** Visitors who follow short links, each on a kept connection, until they are sent home or are not answered. */
export class Visitors {
  readonly #addresses: readonly string[];
  readonly #coming: readonly Promise<void>[];
  #isOver = false;

  /** How many were sent on. */
  redirected = 0;
  /** How each one that was not has been answered. */
  readonly failures: string[] = [];

  constructor(count: number, addresses: readonly string[]) {
    this.#addresses = addresses;
    this.#coming = Array.from({ length: count }, (_, number) => this.#visit(number));
  }

  /** Lets them finish what they have begun. */
  async sendHome(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#coming);
  }

  async #visit(number: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = number; !this.#isOver; turn++) {
      const address = this.#addresses[turn % this.#addresses.length]!;
      const outcome = await get(address, agent).then(({ status }) => status, String);
      if (outcome === 302) this.redirected++;
      else {
        this.failures.push(`${address}: ${outcome}`);
        break;
      }
      await sleep(Math.random() * 2 * PAUSE_MS);
    }
    agent.destroy();
  }
}
