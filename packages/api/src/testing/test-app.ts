import { APIError, StartError, stop, type StartOptions } from "@twinloop/core-native";
import {
  DURATION_FORM,
  forgetManifest,
  parseDuration,
  problem,
  registered,
  setTestMode,
  startForTest,
  type Duration,
} from "@twinloop/core-native/internal";
import { isDeepStrictEqual } from "node:util";
import { native } from "../native.ts";
import { endpoints } from "../registry.ts";
import { staticAssets } from "../static.ts";
import { MemoryClient, streamOf } from "./memory-client.ts";
import { Environment } from "./test-environment.ts";
import { TestCaller, type TestCallOptions } from "./test-call.ts";
import { readRequest, withoutWebSockets, type TestRequestInit } from "./test-request.ts";

/** How `testApp` starts the app. */
export interface TestAppOptions {
  /** Options of `start()`, which win over those of the app's own call. */
  readonly start?: Omit<
    StartOptions,
    "host" | "port" | "unix" | "tls" | "http2" | "proxyProtocol" | "signals" | "banner" | "workers"
  >;
  /**
   * Variables of the environment while the app runs, such as secrets; `undefined` removes one. `PUBSUB_URL` takes effect here
   * alone: without it messages stay in memory.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether cron jobs are fired when they are due. Default false: `await job.trigger()` runs one. */
  readonly cron?: boolean;
}

/** An endpoint as `api()` or `api.sse()` has made it. */
export type TestedEndpoint = (request: never, ...rest: never[]) => unknown;

/** The input that an endpoint is called with. */
export type InputOf<Endpoint> = Endpoint extends (request: infer Input, ...rest: never[]) => unknown
  ? Input
  : never;

/** The input and the options of a call; the input may be left out where the endpoint takes none. */
export type CallArguments<Endpoint> =
  undefined extends InputOf<Endpoint>
    ? [input?: InputOf<Endpoint>, options?: TestCallOptions]
    : [input: InputOf<Endpoint>, options?: TestCallOptions];

/** What an endpoint's call gives: a promise of its result, or an event stream. */
export type ResultOf<Endpoint> = Endpoint extends (...given: never[]) => infer Result ? Result : never;

/**
 * A message that was published, with its body as JSON gives it: dates are strings. `key` is the ordering key, `null` without
 * one.
 */
export interface TestedMessage<Message> {
  readonly id: string;
  readonly body: Message;
  readonly key: string | null;
  readonly publishedAt: Date;
}

/** A topic, as `new Topic()` of `@twinloop/pubsub` makes it. */
export interface TestedTopic<Message> {
  readonly name: string;
  /** Publishes a message. */
  publish(message: Message): unknown;
}

/** The app's messages in a test. */
export interface TestMessages {
  /**
   * Resolves when no message is ready and no handler runs. Delayed messages, and those that wait for another attempt, stay: move
   * the clock first.
   *
   * Errors: `failed_precondition` where messages are not kept in memory.
   */
  settled(): Promise<void>;
  /** Lists what was published to a topic, the oldest first. Errors: as `settled`; `invalid_argument` for what is no topic. */
  published<Message>(topic: TestedTopic<Message>): Promise<TestedMessage<Message>[]>;
}

/** The clock of the app's time limits. */
export interface TestClock {
  /**
   * Lets a time pass at once: endpoints, message handlers and cron jobs whose `timeout` is over by then end (504, `ctx.signal`
   * aborts), rate limits refill, cached callers expire, delayed messages and those between two attempts become due. Requests that
   * were sent before have reached their handlers by then.
   *
   * Not reached: the timers and `Date` of JavaScript (use your test runner's), limits of queries, cron schedules, tokens and sealed
   * cookies, rate limits with a `store`, messages that are not in memory.
   * Units:  `"30s"`, or milliseconds; at most 24 days.
   */
  advance(by: Duration): Promise<void>;
}

/**
 * An app that runs in a test: everything is real, but for the socket. `await using` stops it at the end of its scope.
 *
 * Errors: after `stop()`, every other member but `connect` fails with `failed_precondition`.
 */
export interface TestApp extends AsyncDisposable {
  /**
   * Sends a request through the whole edge and resolves with its answer, as `fetch` does over a socket; redirects are not followed,
   * and bodies are as sent.
   *
   * Errors: `invalid_argument` for what no request can be; the signal's reason.
   * Example: `const answer = await app.request("/links", { method: "POST", json: { url } });`
   */
  request(input: string | URL | Request, init?: TestRequestInit): Promise<Response>;
  /**
   * Calls an endpoint, also one that is not exposed, through the whole edge: routing, policies, validation, middleware, the check of
   * the answer. Input and result have the endpoint's types; an event stream is an iterable.
   *
   * Errors: an `APIError` as a client would get it.
   * Example: `const link = await app.call(shorten, { url }, { auth: { userID: "ann" } });`
   */
  call<Endpoint extends TestedEndpoint>(
    endpoint: Endpoint,
    ...given: CallArguments<Endpoint>
  ): ResultOf<Endpoint>;
  /** Refuses with `unimplemented`: WebSockets are not spoken in memory. */
  connect(path: string): Promise<never>;
  readonly clock: TestClock;
  readonly messages: TestMessages;
  /** Stops the app and removes its databases. Idempotent. */
  stop(): Promise<void>;
}

/** The most milliseconds that the clock moves at once: the longest timer of JavaScript. */
const MOST_MS = 2 ** 31 - 1;

let running:
  { readonly options: TestAppOptions; readonly app: Promise<InMemoryApp>; users: number } | undefined;
let stopping: Promise<void> | undefined;

/**
 * Starts the app for tests: all that its modules declare, without a port. Databases are copies of migrated templates, messages stay
 * in memory, cron jobs run when they are triggered. The options are those of the app's own `start()`, if a module that was imported
 * has called it, and those given here.
 *
 * Shape:  a second call in the same process, with the same options, gives the same app, which stops with its last user.
 * Errors: `StartError` with every problem, such as a missing manifest; also where another `testApp` runs with other options.
 */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  checkOptions(options);
  await stopping;
  if (running !== undefined && !isDeepStrictEqual(running.options, options)) {
    const message = "another testApp() runs in this process, with other options";
    throw new StartError([problem("config_invalid", message, "Stop it first: await app.stop().")]);
  }
  running ??= { options, app: begin(options), users: 0 };
  running.users++;
  const { app } = running;
  try {
    return new TestAppUse(await app, once(leave));
  } catch (error) {
    running = undefined;
    throw error;
  }
}

/** Sets the environment and starts the app; where that fails, removes what was made for it and sets the environment back. */
async function begin({ start = {}, env = {}, cron = false }: TestAppOptions): Promise<InMemoryApp> {
  if (endpoints().length === 0 && staticAssets().length === 0) {
    const message = "testApp() found no endpoint";
    throw new StartError([problem("config_invalid", message, "Import the app's modules above the call.")]);
  }
  const environment = new Environment(env);
  setTestMode({ cron, ...(env["PUBSUB_URL"] ? { messages: "configured" } : {}) });
  forgetManifest();
  try {
    await startForTest(start);
    return new InMemoryApp(environment);
  } catch (error) {
    // What kept the app from starting is what the test is to hear of.
    await endAll().catch(() => undefined);
    environment.restore();
    throw error;
  }
}

const OPTIONS: ReadonlySet<string> = new Set(["start", "env", "cron"]);
/** Options of `start()` that an app without a socket cannot have. */
const OF_SOCKETS = ["host", "port", "unix", "tls", "http2", "proxyProtocol", "signals", "banner", "workers"];

/** Refuses options that a test cannot have, with the reason: types do not hold in JavaScript. */
function checkOptions({ start = {}, ...options }: TestAppOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  const refuse = (message: string, hint: string): never => {
    throw new StartError([problem("config_invalid", message, hint)]);
  };
  if (unknown !== undefined)
    refuse(
      `testApp() has no option ${JSON.stringify(unknown)}`,
      `Its options are ${[...OPTIONS].join(", ")}.`,
    );
  const ofSocket = Object.keys(start).find((name) => OF_SOCKETS.includes(name));
  if (ofSocket !== undefined)
    refuse(
      `testApp() was given start.${ofSocket}, and the app of a test listens nowhere`,
      "Leave it out; the options of the app's own start() that are about sockets have no effect in a test.",
    );
}

/** Ends one use of the app; the last one stops it. A `testApp()` that is called meanwhile waits for that. */
async function leave(): Promise<void> {
  if (running === undefined || --running.users > 0) return;
  const { app } = running;
  running = undefined;
  stopping = app.then((one) => one.stop()).finally(() => (stopping = undefined));
  await stopping;
}

/** Lets each primitive remove what it has made for the test, such as the copies of databases. */
async function endAll(): Promise<void> {
  for (const { testing } of registered()) await testing?.end?.();
}

/** Makes an act happen once, however often it is asked for. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= act());
}

// A test file that forgets to stop its app would leave its databases to the next run.
process.once("beforeExit", () => void running?.app.then((one) => one.stop()).catch(() => undefined));

/** The app of this process, whoever uses it. */
class InMemoryApp {
  readonly client = new MemoryClient();
  readonly caller = new TestCaller(this.client);
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async stop(): Promise<void> {
    this.client.leave();
    try {
      await stop();
      await endAll();
    } finally {
      this.#environment.restore();
    }
  }
}

/** One use of the app: what one call of `testApp` has returned. */
class TestAppUse implements TestApp {
  readonly #app: InMemoryApp;
  readonly stop: () => Promise<void>;
  #isStopped = false;

  constructor(app: InMemoryApp, leaveOnce: () => Promise<void>) {
    this.#app = app;
    this.stop = () => {
      this.#isStopped = true;
      return leaveOnce();
    };
  }

  async request(input: string | URL | Request, init?: TestRequestInit): Promise<Response> {
    this.#check();
    const { request, signal } = await readRequest(input, init);
    const { status, headers, body } = await this.#app.client.send(request, signal);
    const isBare = request.method === "HEAD" || status === 204 || status === 205 || status === 304;
    if (isBare && !Buffer.isBuffer(body)) await body.return();
    const content = isBare ? null : Buffer.isBuffer(body) ? new Uint8Array(body) : streamOf(body);
    return new Response(content as ConstructorParameters<typeof Response>[0], {
      status,
      headers: headers as [string, string][],
    });
  }

  call<Endpoint extends TestedEndpoint>(
    endpoint: Endpoint,
    ...[input, options]: CallArguments<Endpoint>
  ): ResultOf<Endpoint> {
    this.#check();
    return this.#app.caller.call(endpoint, input, options) as ResultOf<Endpoint>;
  }

  async connect(_path: string): Promise<never> {
    throw withoutWebSockets();
  }

  readonly clock: TestClock = {
    advance: async (by) => {
      this.#check();
      const ms = parseDuration(by);
      if (ms === undefined || ms > MOST_MS)
        throw APIError.invalidArgument(
          `the clock cannot be moved by ${JSON.stringify(by)}: write ${DURATION_FORM}`,
        );
      await native.call("advanceClock", { ms: Math.round(ms), sent: this.#app.client.sent });
      for (const { testing } of registered()) await testing?.advance?.(Math.round(ms));
    },
  };

  readonly messages: TestMessages = {
    settled: async () => {
      this.#check();
      for (const { testing } of registered()) await testing?.settled?.();
    },
    published: async <Message>(topic: TestedTopic<Message>) => {
      this.#check();
      for (const { testing } of registered()) {
        const found = await testing?.published?.(topic);
        if (found !== undefined) return [...found] as TestedMessage<Message>[];
      }
      throw APIError.invalidArgument("published() needs a topic that was made with new Topic(…)");
    },
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Refuses the use of an app that was stopped. Errors: `failed_precondition`. */
  #check(): void {
    if (this.#isStopped)
      throw APIError.failedPrecondition("the app of this test was stopped: call testApp() again");
  }
}
