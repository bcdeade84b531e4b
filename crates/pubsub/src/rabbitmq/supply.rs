//! What the tasks of one consumer share: its channel, and what has come over it.
//!
//! `next` reads the client's stream itself, in as large pieces as there are; one task tells the broker what is done and lets time
//! pass, another puts messages elsewhere. A channel that is gone takes all with it that came over it: the broker delivers it
//! again, and late answers to it find nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::Stream;
use lapin::Channel;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::copies::{Copies, Copy};
use super::envelope::{Letter, redeliveries};
use super::fault;
use super::line::{Line, Link, lock};
use super::moves::Move;
use super::stock::{Counts, Parcel, Stock};
use super::tags::Tags;
use crate::broker::Subscription;
use crate::error::Error;
use crate::message::{Delivery, Lease};

/// An ordered subscription looks this far ahead for keys that are free.
const LEAST_ORDERED_PREFETCH: usize = 1_000;
const ORDERED_PREFETCH_FACTOR: usize = 10;
/// A channel that is closed sooner than this is not opened again at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// A consumer that nobody asks for this long has nothing.
const IDLE_AFTER: Duration = Duration::from_secs(3);
/// A look around where no time is known.
const LOOK_INTERVAL: Duration = Duration::from_secs(3600);
/// How long it may take to take in all that has come.
const LOOK_WITHIN: Duration = Duration::from_secs(5);
/// How long each step of a goodbye may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// Deliveries read from the client's stream in one go.
const MAX_READ: usize = 1_000;

/// What whoever runs the provider may want to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A queue was deleted while messages were being received from it; it is made again, and what was in it is lost.
    QueueLost {
        /// The topic.
        topic: String,
        /// The subscription.
        subscription: String,
    },
}

/// Where reports go.
pub(super) type Reporter = Arc<dyn Fn(Report) + Send + Sync>;

/// A channel that receives.
pub(super) struct Session {
    /// Grows from session to session of a consumer.
    pub(super) number: u64,
    pub(super) channel: Channel,
    pub(super) tags: Tags,
    stream: lapin::Consumer,
    opened: Instant,
    /// It lives as long as its channel is used.
    line: Arc<Line>,
}

pub(super) struct State {
    pub(super) session: Option<Session>,
    pub(super) stock: Stock,
    pub(super) moves: Vec<Move>,
    pub(super) is_moving: bool,
    /// Of those that are being moved, how many came before their time.
    pub(super) moving: u64,
    last_session: u64,
    /// Calls of `next` that wait, and since when none does.
    waiting: usize,
    idle_since: Instant,
}

pub(super) struct Supply {
    pub(super) subscription: Subscription,
    pub(super) copies: Copies,
    pub(super) state: Mutex<State>,
    /// Something may be ready that did not come from the stream.
    pub(super) stocked: Notify,
    /// There is something to tell the broker, or a time to wait for.
    pub(super) work: Notify,
    link: Arc<Link>,
    opening: tokio::sync::Mutex<()>,
    report: Reporter,
}

/// What a look at the stream has found.
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

    /// Makes sure that there is a channel that receives, and a queue that it receives from.
    pub(super) async fn open(&self) -> Result<(), Error> {
        let _opening = self.opening.lock().await;
        if lock(&self.state).session.is_some() {
            return Ok(());
        }
        let Copies { post, topic, names, ordered } = &self.copies;
        let lost = |error: lapin::Error| fault::lost(&self.link.address, &error);
        let line = self.link.line().await?;
        let channel = line.channel().await.map_err(lost)?;
        post.topology.declare_whole(&channel, topic, names, *ordered).await?;
        channel.basic_qos(self.prefetch(), BasicQosOptions::default()).await.map_err(lost)?;
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consuming = channel.basic_consume(names.main.clone(), "".into(), options, arguments);
        let stream = consuming.await.map_err(lost)?;
        let mut state = lock(&self.state);
        state.last_session += 1;
        let (number, tags, opened) = (state.last_session, Tags::new(), Instant::now());
        state.session = Some(Session { number, channel, tags, stream, opened, line });
        Ok(())
    }

    /// Waits for deliveries.
    pub(super) async fn next(&self, room: usize) -> Result<Vec<Delivery>, Error> {
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

    /// Takes in what the client has received; false when no more will come.
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
                Poll::Ready(Some(Err(_)) | None) => return false,
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

    /// Takes in all that the broker has counted as delivered, to count it.
    pub(super) async fn look(&self) {
        let channel = lock(&self.state).session.as_ref().map(|session| session.channel.clone());
        if let Some(channel) = channel {
            // Its answer comes after all that was sent before. Where there is none, nobody can count what was sent.
            let _ =
                timeout(LOOK_WITHIN, channel.basic_qos(self.prefetch(), BasicQosOptions::default())).await;
        }
        let mut state = lock(&self.state);
        // An end is noticed by whoever waits next.
        self.read(&mut state, &mut Context::from_waker(Waker::noop()));
        drop(state);
        // Whoever waits must ask the stream again: it knows only the last who asked.
        self.stocked.notify_one();
    }

    /// Deletes all that is here and not out. Returns how many.
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

    /// The leases begin anew; those that are void are returned.
    pub(super) fn extend(&self, leases: &[Lease]) -> Vec<Lease> {
        let mut state = lock(&self.state);
        if state.session.as_ref().is_some_and(|session| !session.channel.status().connected()) {
            // Nobody need be waiting for more, who would notice it.
            self.void(&mut state);
        }
        state.stock.extend(leases, Instant::now())
    }

    /// What came over the session goes with it.
    fn void(&self, state: &mut State) -> Option<Session> {
        state.stock = Stock::new(self.subscription.ordered, self.subscription.ack_deadline);
        state.moves.retain(|asked| asked.answer.is_some());
        state.session.take()
    }

    /// The stream has ended.
    fn ended(&self) -> Result<(), Error> {
        let Some(session) = self.void(&mut lock(&self.state)) else { return Ok(()) };
        let address = &self.link.address;
        let is_up = session.line.is_up();
        if is_up && session.channel.status().connected() {
            let Subscription { topic, name, .. } = self.subscription.clone();
            (self.report)(Report::QueueLost { topic, subscription: name });
        }
        if session.opened.elapsed() > SHORT_LIFE {
            return Ok(());
        }
        let what = if is_up { "the channel" } else { "the connection" };
        Err(Error::unavailable(format!("{what} to {address} was closed as soon as it was open")))
    }

    /// Tells the broker what is done, and lets time pass. Returns when there is something to do next.
    pub(super) fn tend(&self) -> Instant {
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

    /// Gives up the channel when nobody has asked for long: then others are to have what came over it. An ordered subscription's
    /// would be counted as attempts, so they stay, and so do those of which no copies can be stored.
    pub(super) fn part_if_idle(&self) -> Option<Parting> {
        let state = lock(&self.state);
        let is_over = state.is_idle() && state.idle_since.elapsed() >= IDLE_AFTER;
        drop(state);
        let can_copy = !self.subscription.ordered && !self.copies.post.link.is_blocked();
        if is_over && can_copy { self.part() } else { None }
    }

    /// Gives up the channel. What nobody has seen is to go back as it came; an ordered subscription's must keep its place, so
    /// the broker puts it there, and counts it.
    pub(super) fn part(&self) -> Option<Parting> {
        let mut state = lock(&self.state);
        let mut unseen = Vec::new();
        if !self.subscription.ordered {
            unseen.append(&mut state.stock.empty());
            unseen.extend(state.moves.extract_if(.., |asked| asked.answer.is_none()).map(Move::into_parcel));
        }
        let session = self.void(&mut state)?;
        Some(Parting { session, unseen, is_ordered: self.subscription.ordered })
    }
}

/// A channel that was given up.
pub(super) struct Parting {
    session: Session,
    unseen: Vec<Parcel>,
    is_ordered: bool,
}

impl Parting {
    /// Says goodbye. Where that does not work the broker notices by itself.
    pub(super) async fn leave(mut self, supply: Arc<Supply>) {
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
        // In the order in which it was handed over, after the acknowledgements.
        let _ = timeout(LEAVE_WITHIN, self.session.channel.close(200, "closed".into())).await;
    }

    /// Receives no more, and takes in what was on its way.
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
    /// How many messages stand where.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.stock.counts();
        counts.delayed += self.moving + self.moves.iter().filter(|asked| asked.is_early()).count() as u64;
        counts
    }

    /// It receives, nobody waits, and nothing is out.
    fn is_idle(&self) -> bool {
        self.waiting == 0 && self.session.is_some() && self.stock.is_none_out()
    }
}

/// A call of `next` that waits.
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
    /// Acknowledges what is done. The client sends it when it can; there is no answer to wait for.
    pub(super) fn tell(&mut self) {
        if !self.tags.has_news() {
            return;
        }
        for news in self.tags.news() {
            let options = BasicAckOptions { multiple: news.multiple };
            hand_over(self.channel.basic_ack(news.tag, options));
        }
    }

    /// The broker delivers it again, and counts that.
    fn give_back(&mut self, tag: u64) {
        self.tags.told(tag);
        let options = BasicNackOptions { multiple: false, requeue: true };
        hand_over(self.channel.basic_nack(tag, options));
    }
}

/// Puts a frame where the client's thread finds it. On a channel that is gone it does nothing, and so says the stream.
fn hand_over(frame: impl Future<Output = lapin::Result<()>>) {
    let frame = std::pin::pin!(frame);
    let _ = frame.poll(&mut Context::from_waker(Waker::noop()));
}
