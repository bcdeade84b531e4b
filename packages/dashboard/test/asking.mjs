// Loaded into an app by a test: answers the test's questions by the dispatcher, as the admin server would have it do.
import { answer } from "../dist/server/answer.js";
import { describeProblem } from "../dist/server/ask-error.js";

const access = { changes: true, databases: true, ...JSON.parse(process.env.TEST_ACCESS ?? "{}") };

process.on("message", ({ number, ...asked }) => {
  answer(asked, access).then(
    (value) => process.send({ number, answer: JSON.stringify({ value }) }),
    (error) => process.send({ number, answer: JSON.stringify({ error: describeProblem(error) }) }),
  );
});
process.channel?.unref();
