import { sharedDatabases } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";
import { RetryAfter } from "./retry-after.ts";
import { MessageContext } from "./message-context.ts";
import { native } from "./native.ts";
import type { MessageHandler } from "./options.ts";
import { joinTurn } from "./transaction.ts";

/**
 * Wraps a handler so that its effects in the app's database happen once. The transaction begins with a row that marks the
 * message as handled; where that row exists already, the message is done.
 *
 * Shape:  `broker` and `subscription` are the numbers of operations.
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
      const argument = [broker, subscription, context.messageId, name, session, turn];
      const isNew = await native.call<boolean>("inbox", argument);
      if (!isNew) return await transaction.rollback();
      MessageContext.within(context, transaction);
      await handler(message, context);
      const retryAfterMs = MessageContext.retryAfterMs(context);
      if (retryAfterMs !== undefined) throw new RetryAfter(retryAfterMs);
      await transaction.commit();
    } catch (error) {
      // The handler's error says more than that of a rollback that fails because the connection is gone.
      await transaction.rollback().catch(() => undefined);
      throw error;
    }
  };
}
