//! The supply: the state that the tasks of one consumer share, with its channel and the messages received over it.
//!
//! `next` reads the client's stream itself, in batches as large as possible; one task sends acknowledgements and applies due
//! times, another moves messages. All messages of a channel are lost with it: the broker delivers them again, and late
//! settlements find nothing.

mod moves;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::Stream;
use lapin::Channel;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::provider::message::{Delivery, Lease};
use crate::provider::rabbitmq::copies::{Copies, Copy};
use crate::provider::rabbitmq::envelope::{Letter, redeliveries};
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::{Line, Link};
use crate::provider::rabbitmq::stock::{Counts, Parcel, Stock};
use crate::provider::rabbitmq::tags::Tags;
use crate::provider::subscription::Subscription;
use moves::Move;
use twinloop_runtime::{Failure, lock};

/// Least prefetch of an ordered subscription, which needs messages of many keys to find free ones.
const LEAST_ORDERED_PREFETCH: usize = 1_000;
const ORDERED_PREFETCH_FACTOR: usize = 10;
/// Lifetime below which a closed channel is not opened again at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// Time without a call of `next` after which a consumer counts as idle.
const IDLE_AFTER: Duration = Duration::from_secs(3);
/// Time limit for a channel to receive. A broker may never answer a consumer of a queue that has no leader at that moment.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// Interval of a task that knows of no due time.
const LOOK_INTERVAL: Duration = Duration::from_secs(3600);
/// Time limit for taking in all messages that have come.
const LOOK_WITHIN: Duration = Duration::from_secs(5);
/// Time limit of each step of closing.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// Greatest number of deliveries read from the client's stream in one step.
const MAX_READ: usize = 1_000;
/// How long a message may stay unacknowledged before the broker takes it back, in milliseconds: 24 days. Twinloop has limits of its
/// own for handlers, and an ordered message waits in the process to be retried. RabbitMQ 4.3 and later heed this argument of a
/// consumer; others go by their configuration.
const CONSUMER_TIMEOUT_MS: i64 = 24 * 86_400_000;

/// An event of the provider that its owner may log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupplyEvent {
    /// A queue was deleted while messages were received from it; it was created again, and its messages are lost.
    QueueLost {
        /// The topic's name.
        topic: String,
        /// The subscription's name.
        subscription: String,
    },
    /// The broker has closed the channel of a subscription, because a message was not acknowledged within the broker's own limit
    /// (`consumer_timeout`); its messages are delivered again.
    TimedOut {
        /// The topic's name.
        topic: String,
        /// The subscription's name.
        subscription: String,
    },
    /// The history of a topic was copied to a new subscription.
    Replayed {
        /// The topic's name.
        topic: String,
        /// The subscription's name.
        subscription: String,
        /// How many messages this process has copied.
        count: u64,
    },
    /// The history of a topic could not be copied to a new subscription yet; it is tried again.
    ReplayFailed {
        /// The topic's name.
        topic: String,
        /// The subscription's name.
        subscription: String,
        /// The reason.
        error: String,
    },
}

/// The receiver of reports.
pub(super) type Reporter = Arc<dyn Fn(SupplyEvent) + Send + Sync>;

/// A channel that receives messages.
pub(super) struct Session {
    /// The number of the session, which grows with each new one of the consumer.
    pub(super) number: u64,
    pub(super) channel: Channel,
    pub(super) tags: Tags,
    stream: lapin::Consumer,
    /// The error that has ended the stream.
    failed: Option<lapin::Error>,
    opened: Instant,
    /// The connection, kept open as long as its channel is used.
    line: Arc<Line>,
}

/// The state of a supply: its session, its messages and its pending moves.
pub(super) struct State {
    pub(super) session: Option<Session>,
    pub(super) stock: Stock,
    pub(super) moves: Vec<Move>,
    pub(super) is_moving: bool,
    /// How many of the messages that are being moved came before they were due.
    pub(super) moving: u64,
    last_session: u64,
    /// Number of waiting calls of `next`, and since when there is none.
    waiting: usize,
    idle_since: Instant,
}

/// The state that the tasks of one consumer share.
pub(super) struct Supply {
    pub(super) subscription: Subscription,
    pub(super) copies: Copies,
    pub(super) state: Mutex<State>,
    /// Notified when a message may be ready that did not come from the stream.
    pub(super) stocked: Notify,
    /// Notified when there is something to send to the broker, or a new due time.
    pub(super) work: Notify,
    link: Arc<Link>,
    opening: tokio::sync::Mutex<()>,
    report: Reporter,
}

/// The outcome of a look at the stream.
enum Found {
    Deliveries(Vec<Delivery>),
    NoSession,
    Ended,
}

impl Supply {
    pub(super) fn new(subscription: Subscription, copies: Copies, link: Arc<Link>, report: Reporter) -> Self {
        let stock = Stock::new(subscription.ordered, subscription.ack_deadline);
        let state = State {
            session: None,
            stock,
            moves: Vec::new(),
            is_moving: false,
            moving: 0,
            last_session: 0,
            waiting: 0,
            idle_since: Instant::now(),
        };
        Self {
            subscription,
            copies,
            state: Mutex::new(state),
            stocked: Notify::new(),
            work: Notify::new(),
            link,
            opening: tokio::sync::Mutex::default(),
            report,
        }
    }

    fn prefetch(&self) -> u16 {
        let most = self.subscription.max_concurrency;
        let ahead = if self.subscription.ordered {
            most.saturating_mul(ORDERED_PREFETCH_FACTOR).max(LEAST_ORDERED_PREFETCH)
        } else {
            most
        };
        u16::try_from(ahead).unwrap_or(u16::MAX)
    }

    /// Opens a channel that receives, and the queue, where they are missing.
    pub(super) async fn open(&self) -> Result<(), Failure> {
        let _opening = self.opening.lock().await;
        if lock(&self.state).session.is_some() {
            return Ok(());
        }
        let line = self.link.line().await?;
        timeout(OPEN_WITHIN, self.open_over(line)).await.unwrap_or_else(|_| {
            let (address, seconds) = (&self.link.address, OPEN_WITHIN.as_secs());
            Err(Failure::unavailable(format!("{address} has not answered a consumer within {seconds} s")))
        })
    }

    async fn open_over(&self, line: Arc<Line>) -> Result<(), Failure> {
        let Copies { post, topic, names, ordered, .. } = &self.copies;
        let lost = |error: lapin::Error| fault::lost(&self.link.address, &error);
        let channel = line.channel().await.map_err(lost)?;
        post.topology.declare_whole(&channel, topic, names, *ordered).await?;
        channel.basic_qos(self.prefetch(), BasicQosOptions::default()).await.map_err(lost)?;
        let (options, mut arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        arguments.insert("x-consumer-timeout".into(), AMQPValue::LongLongInt(CONSUMER_TIMEOUT_MS));
        let consuming = channel.basic_consume(names.main.clone(), "".into(), options, arguments);
        let stream = consuming.await.map_err(lost)?;
        let mut state = lock(&self.state);
        state.last_session += 1;
        let (number, tags, opened) = (state.last_session, Tags::new(), Instant::now());
        state.session = Some(Session { number, channel, tags, stream, failed: None, opened, line });
        Ok(())
    }

    /// Waits for deliveries.
    pub(super) async fn next(&self, room: usize) -> Result<Vec<Delivery>, Failure> {
        let _waiting = Waiting::of(self);
        loop {
            let stocked = self.stocked.notified();
            let found = tokio::select! {
                biased;
                found = std::future::poll_fn(|context| self.poll(room.max(1), context)) => found,
                () = stocked => continue,
            };
            match found {
                Found::Deliveries(deliveries) => return Ok(deliveries),
                Found::NoSession => self.open().await?,
                Found::Ended => self.ended()?,
            }
        }
    }

    fn poll(&self, room: usize, context: &mut Context<'_>) -> Poll<Found> {
        let mut state = lock(&self.state);
        if state.session.is_none() {
            return Poll::Ready(Found::NoSession);
        }
        let goes_on = self.read(&mut state, context);
        if !goes_on {
            return Poll::Ready(Found::Ended);
        }
        let deliveries = state.stock.take(room, Instant::now());
        if deliveries.is_empty() {
            return Poll::Pending;
        }
        drop(state);
        self.work.notify_one();
        Poll::Ready(Found::Deliveries(deliveries))
    }

    /// Takes in the messages that the client has received; false when no more will come.
    fn read(&self, state: &mut State, context: &mut Context<'_>) -> bool {
        let State { session: Some(session), stock, .. } = state else { return false };
        let mut has_more_work = false;
        for _ in 0..MAX_READ {
            match Pin::new(&mut session.stream).poll_next(context) {
                Poll::Ready(Some(Ok(delivered))) => {
                    let (tag, again) = (delivered.delivery_tag, redeliveries(&delivered));
                    session.tags.open(tag);
                    let letter = Letter::read(delivered);
                    has_more_work |= letter.deliver_at.is_some();
                    stock.arrive(Parcel { tag, letter }, again);
                }
                Poll::Ready(Some(Err(error))) => {
                    session.failed = Some(error);
                    return false;
                }
                Poll::Ready(None) => return false,
                Poll::Pending => {
                    if has_more_work {
                        self.work.notify_one();
                    }
                    return true;
                }
            }
        }
        context.waker().wake_by_ref();
        self.work.notify_one();
        true
    }

    /// Takes in all messages that the broker has sent, to count them.
    pub(super) async fn look(&self) {
        let channel = lock(&self.state).session.as_ref().map(|session| session.channel.clone());
        if let Some(channel) = channel {
            // The answer comes after all messages that were sent before. Without an answer, messages on their way cannot be
            // counted.
            let _ =
                timeout(LOOK_WITHIN, channel.basic_qos(self.prefetch(), BasicQosOptions::default())).await;
        }
        let mut state = lock(&self.state);
        // The next call that waits notices the end of the stream.
        self.read(&mut state, &mut Context::from_waker(Waker::noop()));
        drop(state);
        // A waiting call must poll the stream again, which wakes only its last poller.
        self.stocked.notify_one();
    }

    /// Deletes all received messages that are not in flight. Returns how many.
    pub(super) fn empty(&self) -> u64 {
        let mut state = lock(&self.state);
        let State { session: Some(session), stock, .. } = &mut *state else { return 0 };
        let parcels = stock.empty();
        for parcel in &parcels {
            session.tags.done(parcel.tag);
        }
        session.tell();
        parcels.len() as u64
    }

    /// Extends leases. Returns the leases that are lost.
    pub(super) fn extend(&self, leases: &[Lease]) -> Vec<Lease> {
        let mut state = lock(&self.state);
        if state.session.as_ref().is_some_and(|session| !session.channel.status().connected()) {
            // There may be no waiting call that would notice the end.
            self.void(&mut state);
        }
        state.stock.extend(leases, Instant::now())
    }

    /// Drops a session with all messages that came over it.
    fn void(&self, state: &mut State) -> Option<Session> {
        state.stock = Stock::new(self.subscription.ordered, self.subscription.ack_deadline);
        state.moves.retain(|asked| asked.answer.is_some());
        state.session.take()
    }

    /// Handles the end of the stream.
    fn ended(&self) -> Result<(), Failure> {
        let Some(session) = self.void(&mut lock(&self.state)) else { return Ok(()) };
        let address = &self.link.address;
        let is_up = session.line.is_up();
        let Subscription { topic, name: subscription, .. } = self.subscription.clone();
        if is_up && session.channel.status().connected() {
            (self.report)(SupplyEvent::QueueLost { topic, subscription });
        } else if session.failed.as_ref().is_some_and(fault::is_consumer_timeout) {
            (self.report)(SupplyEvent::TimedOut { topic, subscription });
        }
        if session.opened.elapsed() > SHORT_LIFE {
            return Ok(());
        }
        let what = if is_up { "the channel" } else { "the connection" };
        Err(Failure::unavailable(format!("{what} to {address} was closed as soon as it was open")))
    }

    /// Sends acknowledgements and applies due times. Returns when there is something to do next.
    pub(super) fn apply_due_work(&self) -> Instant {
        let mut state = lock(&self.state);
        let back = state.stock.pass(Instant::now());
        let later = state.stock.take_later();
        if let State { session: Some(session), moves, .. } = &mut *state {
            for tag in back {
                session.give_back(tag);
            }
            session.tell();
            moves.extend(later.into_iter().map(|parcel| Move::later(session.number, parcel)));
        }
        if state.stock.has_ready() {
            self.stocked.notify_one();
        }
        let next = state.stock.next_time().unwrap_or_else(|| Instant::now() + LOOK_INTERVAL);
        if state.is_idle() { next.min(Instant::now() + IDLE_AFTER) } else { next }
    }

    /// Closes the channel of an idle consumer, so that other processes get its messages. An ordered subscription keeps the
    /// channel, because returned messages would count as attempts, and so does one whose copies cannot be stored.
    pub(super) fn close_if_idle(&self) -> Option<ClosingChannel> {
        let state = lock(&self.state);
        let is_over = state.is_idle() && state.idle_since.elapsed() >= IDLE_AFTER;
        drop(state);
        let can_copy = !self.subscription.ordered && !self.copies.post.link.is_blocked();
        if is_over && can_copy { self.begin_close() } else { None }
    }

    /// Gives up the channel. Messages that no handler has had are to be returned unchanged; an ordered subscription's must
    /// keep their place, so the broker requeues them and counts the delivery.
    pub(super) fn begin_close(&self) -> Option<ClosingChannel> {
        let mut state = lock(&self.state);
        let mut unseen = Vec::new();
        if !self.subscription.ordered {
            unseen.append(&mut state.stock.empty());
            unseen.extend(state.moves.extract_if(.., |asked| asked.answer.is_none()).map(Move::into_parcel));
        }
        let session = self.void(&mut state)?;
        Some(ClosingChannel { session, unseen, is_ordered: self.subscription.ordered })
    }
}

/// A channel that is being closed.
pub(super) struct ClosingChannel {
    session: Session,
    unseen: Vec<Parcel>,
    is_ordered: bool,
}

impl ClosingChannel {
    /// Closes the channel. Where that fails, the broker notices the end by itself.
    pub(super) async fn close(mut self, supply: Arc<Supply>) {
        self.session.tell();
        if !self.is_ordered && timeout(LEAVE_WITHIN, self.cancel()).await.is_ok() && !self.unseen.is_empty() {
            let copies = self.unseen.iter().map(|parcel| Copy::due(parcel.letter.clone())).collect();
            if let Ok(Ok(())) = timeout(LEAVE_WITHIN, supply.copies.store(copies)).await {
                for parcel in &self.unseen {
                    self.session.tags.done(parcel.tag);
                }
                self.session.tell();
            }
        }
        // The channel closes after the acknowledgements, in the order in which frames were handed over.
        let _ = timeout(LEAVE_WITHIN, self.session.channel.close(200, "closed".into())).await;
    }

    /// Cancels the consumer, and takes in the messages that were on their way.
    async fn cancel(&mut self) {
        let tag = self.session.stream.tag();
        let _ = self.session.channel.basic_cancel(tag, BasicCancelOptions::default()).await;
        let mut nobody = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Ok(delivered))) = Pin::new(&mut self.session.stream).poll_next(&mut nobody)
        {
            let (tag, again) = (delivered.delivery_tag, redeliveries(&delivered));
            self.session.tags.open(tag);
            let mut letter = Letter::read(delivered);
            letter.attempts = letter.attempts.saturating_add(again);
            self.unseen.push(Parcel { tag, letter });
        }
    }
}

impl State {
    /// Counts the messages by their state.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.stock.counts();
        counts.delayed += self.moving + self.moves.iter().filter(|asked| asked.is_early()).count() as u64;
        counts
    }

    /// Returns whether the consumer receives while no call waits and no delivery is in flight.
    fn is_idle(&self) -> bool {
        self.waiting == 0 && self.session.is_some() && self.stock.is_none_out()
    }
}

/// A waiting call of `next`.
struct Waiting<'s>(&'s Supply);

impl<'s> Waiting<'s> {
    fn of(supply: &'s Supply) -> Self {
        lock(&supply.state).waiting += 1;
        Self(supply)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.waiting -= 1;
        state.idle_since = Instant::now();
    }
}

impl Session {
    /// Sends the acknowledgements of settled deliveries. The client writes them when it can; the broker does not answer
    /// them.
    pub(super) fn tell(&mut self) {
        if !self.tags.has_due() {
            return;
        }
        for due in self.tags.take_due() {
            let options = BasicAckOptions { multiple: due.multiple };
            hand_over(self.channel.basic_ack(due.tag, options));
        }
    }

    /// Returns a message to the broker, which delivers it again and counts that.
    fn give_back(&mut self, tag: u64) {
        self.tags.told(tag);
        let options = BasicNackOptions { multiple: false, requeue: true };
        hand_over(self.channel.basic_nack(tag, options));
    }
}

/// Hands a frame to the client's thread. On a closed channel it has no effect, and the stream reports the end.
fn hand_over(frame: impl Future<Output = lapin::Result<()>>) {
    let frame = std::pin::pin!(frame);
    let _ = frame.poll(&mut Context::from_waker(Waker::noop()));
}
