//! The operations that an isolate may ask of pubsub.

use crate::operate::operator::OperatorRequest;
use crate::request::{
    Advance, AwaitResult, DeadLetters, DrainBroker, Inbox, OneBroker, OneSubscription, OneTopic, OpenBroker,
    Publish, PublishBatch, Purge, Redrive, TellProgress,
};

twinloop_runtime::operations! {
    /// An operation of pubsub with its arguments, which borrow message bodies from the call.
    pub(crate) enum Operation<'a> of "pubsub" {
        /// Opens the broker of a URL with the app's topics, or shares the open one.
        Open(OpenBroker) = 1,
        /// Publishes one message.
        Publish(Publish<'a>) = 2,
        /// Publishes several messages to one topic.
        PublishBatch(PublishBatch<'a>) = 3,
        /// Gives messages to the calling isolate from now on; the first call starts the pumps.
        Subscribe(OneBroker) = 4,
        /// Stops giving messages to the calling isolate and waits for its handlers.
        Drain(DrainBroker) = 5,
        /// Ends one use of the broker by the calling isolate.
        Close(OneBroker) = 6,
        /// Stops a subscription from pulling.
        Pause(OneSubscription) = 7,
        /// Lets a paused subscription pull again.
        Resume(OneSubscription) = 8,
        /// Counts the messages of a subscription by their state.
        Depth(OneSubscription) = 9,
        /// Returns the counters of this process for a subscription.
        Stats(OneSubscription) = 10,
        /// Lists the dead letters of a subscription.
        DeadLetters(DeadLetters) = 11,
        /// Puts dead letters back into their subscription.
        Redrive(Redrive) = 12,
        /// Deletes messages of a subscription.
        Purge(Purge) = 13,
        /// Records in a transaction of the calling isolate that a message was handled.
        Inbox(Inbox) = 14,
        /// Advances the clock of the memory provider.
        Advance(Advance) = 15,
        /// Waits until the memory provider has no message that is ready or in flight.
        Settle(OneBroker) = 16,
        /// Lists the messages that were published to a topic of the memory provider.
        Published(OneTopic) = 17,
        /// Carries out a request of an operator's tool, which names its subscription.
        Operate(OperatorRequest) = 18,
        /// Waits until more is known of a message whose result is kept.
        AwaitResult(AwaitResult) = 19,
        /// Stores how far a handler is with its message, for those who wait for its result.
        TellProgress(TellProgress<'a>) = 20,
    }
}
