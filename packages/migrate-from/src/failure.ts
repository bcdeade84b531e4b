/** A reason not to migrate, for the person at the command line: the message says what to do next. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
}
