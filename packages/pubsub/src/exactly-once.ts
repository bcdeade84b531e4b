import { sharedDatabases } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";
import { MessageContext } from "./message-context.ts";
import { call, Operation } from "./native.ts";
import type { MessageHandler } from "./options.ts";
import { joinTurn } from "./transaction.ts";

/**
 * A handler whose effects in the app's database happen once: its transaction begins with a row that says that the message
 * was handled, and where that row is there already, the message is done.
 *
 * Shape:  `broker` and `subscription` are their numbers.
 */
export function exactlyOnce(
  handler: MessageHandler<never>,
  broker: number,
  subscription: number,
): MessageHandler<never> {
  return async (message, context) => {
    const [database] = sharedDatabases();
    if (!database) throw new PubsubError("failed_precondition", "exactly-once needs an SQLDatabase");
    const transaction = await database.begin();
    try {
      const [name, session, turn] = joinTurn(transaction);
      const argument = JSON.stringify([broker, subscription, context.messageId, name, session, turn]);
      const isNew = await call<boolean>(Operation.inbox, argument);
      if (!isNew) return await transaction.rollback();
      MessageContext.within(context, transaction);
      await handler(message, context);
      await transaction.commit();
    } catch (error) {
      // What the handler has thrown says more than a rollback that fails because the connection is gone.
      await transaction.rollback().catch(() => undefined);
      throw error;
    }
  };
}
