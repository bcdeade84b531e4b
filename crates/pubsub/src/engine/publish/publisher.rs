//! The publisher gathers messages that wait for the broker into common writes.
//!
//! A publish that finds a free writer writes all messages that wait, after it has let the other calls of its turn line up;
//! there is no timer. Messages with a dedupe key line up apart, because a provider without dedupe keys refuses them alone.

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

type Answer = Result<Vec<Published>, Failure>;

/// The messages of one call with the sender of their answer.
struct Waiting {
    messages: Vec<NewMessage>,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Queue {
    waiting: std::collections::VecDeque<Waiting>,
    writes: usize,
}

/// The publisher of a broker: queues messages and writes them together.
pub(crate) struct Publisher {
    broker: Arc<dyn Broker>,
    health: Arc<Health>,
    plain: Mutex<Queue>,
    deduped: Mutex<Queue>,
}

/// A busy writer. Dropping it, also by a panic, makes the writer free again; a writer without further messages frees itself.
struct Writing<'q> {
    queue: &'q Mutex<Queue>,
    ended: bool,
}

impl Writing<'_> {
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = lock(self.queue);
        let batch = take(&mut queue);
        if batch.is_empty() {
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

    /// Publishes messages and resolves when the provider has stored them.
    pub(crate) async fn publish(self: &Arc<Self>, messages: Vec<NewMessage>) -> Answer {
        let deduped = messages.iter().any(|message| message.dedupe.is_some());
        let (answer, answered) = oneshot::channel();
        if self.line_up(deduped, Waiting { messages, answer }) {
            // A separate task: the caller may be dropped while others wait for the same write.
            let publisher = Arc::clone(self);
            tokio::spawn(async move { publisher.write(deduped).await });
        }
        answered.await.unwrap_or_else(|_| Err(Failure::internal("a publish ended without an answer")))
    }

    /// Adds messages to those that wait. Returns whether a writer was free, which the caller must then run.
    fn line_up(&self, deduped: bool, waiting: Waiting) -> bool {
        let mut queue = lock(self.queue(deduped));
        queue.waiting.push_back(waiting);
        let free = queue.writes < MAX_WRITES;
        queue.writes += usize::from(free);
        free
    }

    fn queue(&self, deduped: bool) -> &Mutex<Queue> {
        if deduped { &self.deduped } else { &self.plain }
    }

    async fn write(&self, deduped: bool) {
        let queue = self.queue(deduped);
        let mut writing = Writing { queue, ended: false };
        tokio::task::yield_now().await;
        while let Some(batch) = writing.next() {
            self.write_batch(batch).await;
        }
    }

    async fn write_batch(&self, batch: Vec<Waiting>) {
        let mut messages = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for mut waiting in batch {
            answers.push((waiting.messages.len(), waiting.answer));
            messages.append(&mut waiting.messages);
        }
        match self.health.note(self.broker.publish(messages).await).map_err(crate::error::uncertain) {
            Ok(published) => {
                let mut published = published.into_iter();
                for (count, answer) in answers {
                    let _ = answer.send(Ok(published.by_ref().take(count).collect()));
                }
            }
            Err(error) => {
                for (_, answer) in answers {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }
}

fn take(queue: &mut Queue) -> Vec<Waiting> {
    let (mut batch, mut count, mut bytes) = (Vec::new(), 0, 0);
    while let Some(next) = queue.waiting.front() {
        let more: usize = next.messages.iter().map(|message| message.body.len()).sum();
        let fits = count + next.messages.len() <= MAX_WRITE_MESSAGES && bytes + more <= MAX_WRITE_BYTES;
        if !fits && !batch.is_empty() {
            break;
        }
        count += next.messages.len();
        bytes += more;
        batch.extend(queue.waiting.pop_front());
    }
    batch
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
            dedupe: None,
            trace: None,
        }
    }

    async fn until(reached: impl Fn() -> bool) {
        while !reached() {
            tokio::task::yield_now().await;
        }
    }

    async fn publish_each(publisher: &Arc<Publisher>, messages: Vec<NewMessage>) -> Vec<Answer> {
        let publishing = messages.into_iter().map(|message| {
            let publisher = Arc::clone(publisher);
            tokio::spawn(async move { publisher.publish(vec![message]).await })
        });
        let publishing: Vec<_> = publishing.collect();
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
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap()[..] == [Published::Stored]));
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
            until(|| lock(&publisher.plain).waiting.len() == 3).await;
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
        let waiting = |count: usize| {
            let (answer, _) = oneshot::channel();
            Waiting { messages: vec![message("m"); count], answer }
        };
        let mut queue = Queue { waiting: [waiting(1500), waiting(600), waiting(600)].into(), writes: 0 };
        let counts = std::iter::from_fn(|| {
            let batch = take(&mut queue);
            let count: usize = batch.iter().map(|waiting| waiting.messages.len()).sum();
            (count > 0).then_some(count)
        });
        assert_eq!(counts.collect::<Vec<_>>(), [1500, 600, 600]);
    }
}
