//! The publisher gathers messages that wait for the broker into common writes.
//!
//! A publish that finds a free writer writes all messages that wait, after it has let the other calls of its turn line up;
//! there is no timer. Messages with a dedupe key or a unique key line up apart, because a provider without dedupe keys refuses them alone.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use twinloop_runtime::Failure;

use crate::engine::health::Health;
use crate::engine::lock;
use crate::provider::broker::Broker;
use crate::provider::message::{NewMessage, Published};

/// Writes that may be under way at once; more would only be smaller.
const MAX_WRITES: usize = 4;
/// Greatest number of messages in one write.
const MAX_WRITE_MESSAGES: usize = 1_000;
const MAX_WRITE_BYTES: usize = 4 << 20;
/// Messages for which a queue keeps room after a write.
const MAX_ROOM: usize = 256;

/// The outcome of a call with several messages.
type Answer = Result<Vec<Published>, Failure>;

/// Who waits for the outcome of messages that stand next to each other in a queue.
enum Caller {
    One(oneshot::Sender<Result<Published, Failure>>),
    Several(usize, oneshot::Sender<Answer>),
}

impl Caller {
    fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several(count, _) => *count,
        }
    }
}

/// Messages that wait to be written, in the order of their calls.
#[derive(Default)]
struct Queue {
    messages: Vec<NewMessage>,
    callers: Vec<Caller>,
    /// Writes that are under way.
    writes: usize,
}

/// The publisher of a broker: queues messages and writes them together.
pub(crate) struct Publisher {
    broker: Arc<dyn Broker>,
    health: Arc<Health>,
    plain: Mutex<Queue>,
    deduped: Mutex<Queue>,
}

/// The messages of one write, and those who wait for it.
type Batch = (Vec<NewMessage>, Vec<Caller>);

/// A busy writer. Dropping it, also by a panic, makes the writer free again; a writer without further messages frees itself.
struct Writing<'q> {
    queue: &'q Mutex<Queue>,
    ended: bool,
}

impl Writing<'_> {
    fn next(&mut self) -> Option<Batch> {
        let mut queue = lock(self.queue);
        let batch = take(&mut queue);
        if batch.1.is_empty() {
            queue.writes -= 1;
            self.ended = true;
            return None;
        }
        Some(batch)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.ended {
            lock(self.queue).writes -= 1;
        }
    }
}

impl Publisher {
    pub(crate) fn new(broker: Arc<dyn Broker>, health: Arc<Health>) -> Self {
        Self { broker, health, plain: Mutex::default(), deduped: Mutex::default() }
    }

    /// Publishes one message; the future resolves when the provider has stored it.
    pub(crate) fn publish_one(
        self: &Arc<Self>,
        message: NewMessage,
    ) -> impl Future<Output = Result<Published, Failure>> + use<> {
        let is_deduped = has_key(&message);
        let (answer, answered) = oneshot::channel();
        self.line_up(is_deduped, |queue| {
            queue.messages.push(message);
            queue.callers.push(Caller::One(answer));
        });
        async move { answered.await.unwrap_or_else(|_| Err(unanswered())) }
    }

    /// Publishes messages in their order and resolves when the provider has stored them.
    pub(crate) async fn publish(self: &Arc<Self>, mut messages: Vec<NewMessage>) -> Answer {
        let is_deduped = messages.iter().any(has_key);
        let (answer, answered) = oneshot::channel();
        self.line_up(is_deduped, |queue| {
            queue.callers.push(Caller::Several(messages.len(), answer));
            queue.messages.append(&mut messages);
        });
        answered.await.unwrap_or_else(|_| Err(unanswered()))
    }

    /// Adds a call to those that wait, and runs a writer if one is free.
    fn line_up(self: &Arc<Self>, is_deduped: bool, add: impl FnOnce(&mut Queue)) {
        let mut queue = lock(self.queue(is_deduped));
        add(&mut queue);
        let is_free = queue.writes < MAX_WRITES;
        queue.writes += usize::from(is_free);
        drop(queue);
        if is_free {
            // A separate task: the caller may be dropped while others wait for the same write.
            let publisher = Arc::clone(self);
            tokio::spawn(async move { publisher.write(is_deduped).await });
        }
    }

    fn queue(&self, is_deduped: bool) -> &Mutex<Queue> {
        if is_deduped { &self.deduped } else { &self.plain }
    }

    async fn write(&self, is_deduped: bool) {
        let queue = self.queue(is_deduped);
        let mut writing = Writing { queue, ended: false };
        tokio::task::yield_now().await;
        while let Some(batch) = writing.next() {
            self.write_batch(batch).await;
        }
    }

    async fn write_batch(&self, (messages, callers): Batch) {
        match self.health.note(self.broker.publish(messages).await).map_err(crate::error::uncertain) {
            Ok(published) => answer_all(callers, published),
            Err(error) => {
                for caller in callers {
                    match caller {
                        Caller::One(answer) => drop(answer.send(Err(error.clone()))),
                        Caller::Several(_, answer) => drop(answer.send(Err(error.clone()))),
                    }
                }
            }
        }
    }
}

/// Returns whether the provider looks for another message of a key.
fn has_key(message: &NewMessage) -> bool {
    message.dedupe.is_some() || message.unique.is_some()
}

/// Gives each caller the outcomes of its messages. A caller that has gone is passed over.
fn answer_all(callers: Vec<Caller>, published: Vec<Published>) {
    let mut published = published.into_iter();
    for caller in callers {
        match caller {
            Caller::One(answer) => drop(answer.send(published.next().ok_or_else(unanswered))),
            Caller::Several(count, answer) => {
                drop(answer.send(Ok(published.by_ref().take(count).collect())));
            }
        }
    }
}

fn unanswered() -> Failure {
    Failure::internal("a publish ended without an answer")
}

/// Takes the calls that fit into one write, at least one. Usually that is all of them, and nothing is moved.
fn take(queue: &mut Queue) -> Batch {
    let (mut calls, mut count, mut bytes) = (0, 0, 0);
    for caller in &queue.callers {
        let end = count + caller.count();
        let more: usize = queue.messages.iter().take(end).skip(count).map(|message| message.body.len()).sum();
        let fits = end <= MAX_WRITE_MESSAGES && bytes + more <= MAX_WRITE_BYTES;
        if !fits && calls > 0 {
            break;
        }
        (calls, count, bytes) = (calls + 1, end, bytes + more);
    }
    (take_first(&mut queue.messages, count), take_first(&mut queue.callers, calls))
}

/// Takes the first items of a list, and leaves room for as many to come where it takes all.
fn take_first<T>(list: &mut Vec<T>, count: usize) -> Vec<T> {
    let rest =
        if count == list.len() { Vec::with_capacity(count.min(MAX_ROOM)) } else { list.split_off(count) };
    std::mem::replace(list, rest)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::provider::broker::Consumer;
    use crate::provider::message::{DeadLetter, Dedupe, Depth};
    use crate::provider::operate::{Adopted, Done};
    use crate::provider::pending::BrokerFuture;
    use crate::provider::subscription::{MessageState, Subscription, Topic};

    /// Test provider: records each write when the test lets it go on, refuses dedupe keys, and panics at the body `panic`.
    struct Noting {
        writes: Mutex<Vec<Vec<String>>>,
        turns: Semaphore,
    }

    impl Noting {
        fn new(turns: usize) -> Arc<Self> {
            Arc::new(Self { writes: Mutex::default(), turns: Semaphore::new(turns) })
        }
    }

    crate::engine::scripted::without_operators!(Noting);

    fn publisher(broker: Arc<Noting>) -> Arc<Publisher> {
        let core = twinloop_runtime::Core::get_or_build(Vec::new).unwrap();
        let health = Arc::new(Health::new(core, &*broker));
        Arc::new(Publisher::new(broker, health))
    }

    impl Broker for Noting {
        fn name(&self) -> &'static str {
            "noting"
        }
        fn place(&self) -> String {
            "noting:".into()
        }
        fn declare<'a>(&'a self, _: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
            Box::pin(async { Ok(Vec::new()) })
        }
        fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
            Box::pin(async move {
                lock(&self.writes).push(messages.iter().map(|message| message.id.clone()).collect());
                self.turns.acquire().await.unwrap().forget();
                assert!(messages.iter().all(|message| message.body != "panic"), "as asked");
                if messages.iter().any(|message| message.dedupe.is_some()) {
                    return Err(Failure::failed_precondition("no dedupe keys here"));
                }
                Ok(vec![Published::Stored; messages.len()])
            })
        }
        fn consume<'a>(&'a self, _: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
            Box::pin(async { Err(Failure::internal("not here")) })
        }
        fn depth<'a>(&'a self, _: &'a str, _: &'a str) -> BrokerFuture<'a, Depth> {
            Box::pin(async { Ok(Depth::default()) })
        }
        fn dead_letters<'a>(
            &'a self,
            _: &'a str,
            _: &'a str,
            _: usize,
            _: Option<&'a str>,
        ) -> BrokerFuture<'a, Vec<DeadLetter>> {
            Box::pin(async { Ok(Vec::new()) })
        }
        fn redrive<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a [String]>) -> BrokerFuture<'a, Done> {
            Box::pin(async { Ok(Done::default()) })
        }
        fn purge<'a>(&'a self, _: &'a str, _: &'a str, _: MessageState) -> BrokerFuture<'a, u64> {
            Box::pin(async { Ok(0) })
        }
        fn close(&self) -> BrokerFuture<'_, ()> {
            Box::pin(async { Ok(()) })
        }
    }

    fn message(id: &str) -> NewMessage {
        NewMessage {
            id: id.into(),
            topic: "t".into(),
            body: Bytes::copy_from_slice(id.as_bytes()),
            key: None,
            published_at: SystemTime::UNIX_EPOCH,
            deliver_at: None,
            priority: 0,
            dedupe: None,
            unique: None,
            trace: None,
            unwanted_by: Vec::new(),
        }
    }

    async fn until(reached: impl Fn() -> bool) {
        while !reached() {
            tokio::task::yield_now().await;
        }
    }

    async fn publish_each(
        publisher: &Arc<Publisher>,
        messages: Vec<NewMessage>,
    ) -> Vec<Result<Published, Failure>> {
        let publishing: Vec<_> =
            messages.into_iter().map(|message| tokio::spawn(publisher.publish_one(message))).collect();
        let mut answers = Vec::new();
        for one in publishing {
            answers.push(one.await.unwrap());
        }
        answers
    }

    #[tokio::test]
    async fn publishes_of_one_turn_are_one_write() {
        let broker = Noting::new(10);
        let publisher = publisher(Arc::clone(&broker));
        let messages = (0..50).map(|number| message(&number.to_string())).collect();
        let answers = publish_each(&publisher, messages).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(Published::Stored))));
        let writes = lock(&broker.writes).clone();
        let expected: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        assert_eq!(writes.concat(), expected);
        assert!(writes.len() <= 4, "{} writes", writes.len());
    }

    #[tokio::test]
    async fn what_comes_while_all_writers_are_busy_waits_and_goes_together() {
        let broker = Noting::new(0);
        let publisher = publisher(Arc::clone(&broker));
        let mut early = Vec::new();
        for number in 0..MAX_WRITES {
            let publisher = Arc::clone(&publisher);
            let publishing = async move { publisher.publish(vec![message(&number.to_string())]).await };
            early.push(tokio::spawn(publishing));
            until(|| lock(&broker.writes).len() == number + 1).await;
        }
        let late = publish_each(&publisher, ["a", "b", "c"].map(message).into());
        let let_go = async {
            until(|| lock(&publisher.plain).callers.len() == 3).await;
            assert_eq!(lock(&broker.writes).len(), MAX_WRITES);
            broker.turns.add_permits(100);
        };
        let (answers, ()) = tokio::join!(late, let_go);
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(lock(&broker.writes).last().unwrap(), &["a", "b", "c"]);
    }

    #[tokio::test]
    async fn a_broker_without_dedupe_keys_refuses_those_alone() {
        let broker = Noting::new(10);
        let publisher = publisher(broker);
        let dedupe = Some(Dedupe { key: "k".into(), until: SystemTime::UNIX_EPOCH });
        let deduped = NewMessage { dedupe, ..message("deduped") };
        let answers = publish_each(&publisher, vec![message("plain"), deduped, message("other")]).await;
        assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[tokio::test]
    async fn a_panic_fails_its_write_and_no_later_one() {
        let broker = Noting::new(100);
        let publisher = publisher(broker);
        for _ in 0..=MAX_WRITES {
            let answer = publisher.publish(vec![message("panic")]).await;
            assert_eq!(answer.unwrap_err().code, twinloop_runtime::Code::Internal);
        }
        assert!(publisher.publish(vec![message("fine")]).await.is_ok());
    }

    #[test]
    fn a_write_is_bounded_but_never_empty() {
        let mut queue = Queue::default();
        for count in [1500, 600, 600] {
            queue.messages.extend(vec![message("m"); count]);
            queue.callers.push(Caller::Several(count, oneshot::channel().0));
        }
        let counts = std::iter::from_fn(|| {
            let (messages, callers) = take(&mut queue);
            (!callers.is_empty()).then_some(messages.len())
        });
        assert_eq!(counts.collect::<Vec<_>>(), [1500, 600, 600]);
    }
}
