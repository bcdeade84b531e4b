//! The timers of a WebSocket: pings, the idle timeout, and the wait for a client's close frame.
//!
//! A timer that fires looks whether something has happened since it last fired, so that no message has to touch a timer.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// How long a client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a handler may take to answer what came before a fault of the client; `FAULT_PATIENCE_MS` in `message-stream.ts`.
const FAULT_PATIENCE: Duration = Duration::from_millis(500);

/// How many times within the idle timeout its timer fires: a connection closes at most a quarter late.
const IDLE_TICKS: u32 = 4;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    Ping,
    /// The client has answered no ping and sent nothing else.
    Silent,
    /// No message has come or gone.
    Idle,
    /// The client has not answered the close frame.
    NotClosed,
    /// The handler has not answered what came before a fault of the client.
    NotAnswered,
}

/// A timer that fires again and again.
struct Ticker {
    every: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Ticker {
    fn new(every: Duration) -> Self {
        Self { every, sleep: Box::pin(sleep(every)) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.sleep.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.sleep.as_mut().reset(Instant::now() + self.every);
        // Polled again, so that the next tick wakes the task.
        let _ = self.sleep.as_mut().poll(cx);
        true
    }
}

/// The timers of one connection.
pub(crate) struct Timing {
    ping: Option<Ticker>,
    idle: Option<Ticker>,
    /// The one timer of a connection that is about to close, and what it means.
    ending: Option<(Ticker, Alarm)>,
    /// Whether anything has been read since the last ping.
    pub(crate) has_heard: bool,
    /// Whether a message has come or gone since the idle timer fired.
    pub(crate) has_moved: bool,
    is_pinged: bool,
    idle_ticks: u32,
}

impl Timing {
    pub(crate) fn new(ping: Option<Duration>, idle: Option<Duration>) -> Self {
        Self {
            ping: ping.map(Ticker::new),
            idle: idle.map(|idle| Ticker::new(idle / IDLE_TICKS)),
            ending: None,
            has_heard: false,
            has_moved: false,
            is_pinged: false,
            idle_ticks: 0,
        }
    }

    /// Begins to wait for the client's close frame, and for nothing else.
    pub(crate) fn closes(&mut self) {
        self.ends_in(CLOSE_TIMEOUT, Alarm::NotClosed);
    }

    /// Begins to wait for the handler's answers to what came before a fault, and for nothing else.
    pub(crate) fn fails(&mut self) {
        self.ends_in(FAULT_PATIENCE, Alarm::NotAnswered);
    }

    fn ends_in(&mut self, time: Duration, alarm: Alarm) {
        *self = Self { ending: Some((Ticker::new(time), alarm)), ..Self::new(None, None) };
    }

    /// What is due now. While `is_deaf`, nothing is read, so that silence says nothing about the client.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, is_deaf: bool) -> Option<Alarm> {
        if let Some((ticker, alarm)) = &mut self.ending {
            return ticker.poll(cx).then_some(*alarm);
        }
        if self.idle.as_mut().is_some_and(|idle| idle.poll(cx)) {
            let has_moved = std::mem::take(&mut self.has_moved);
            self.idle_ticks = if has_moved { 0 } else { self.idle_ticks + 1 };
            if self.idle_ticks >= IDLE_TICKS {
                return Some(Alarm::Idle);
            }
        }
        if self.ping.as_mut().is_some_and(|ping| ping.poll(cx)) {
            let has_heard = std::mem::take(&mut self.has_heard) || is_deaf;
            if std::mem::replace(&mut self.is_pinged, true) && !has_heard {
                return Some(Alarm::Silent);
            }
            return Some(Alarm::Ping);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn next(timing: &mut Timing, is_deaf: bool) -> Alarm {
        poll_fn(|cx| timing.poll(cx, is_deaf).map_or(Poll::Pending, Poll::Ready)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_no_ping_is_gone() {
        let mut timing = Timing::new(Some(SECOND), None);
        let began = Instant::now();
        assert_eq!(next(&mut timing, false).await, Alarm::Ping);
        timing.has_heard = true;
        assert_eq!(next(&mut timing, false).await, Alarm::Ping);
        assert_eq!(next(&mut timing, true).await, Alarm::Ping);
        assert_eq!(next(&mut timing, false).await, Alarm::Silent);
        assert_eq!(began.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_without_messages_is_idle() {
        let mut timing = Timing::new(None, Some(4 * SECOND));
        let began = Instant::now();
        timing.has_moved = true;
        assert_eq!(next(&mut timing, false).await, Alarm::Idle);
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_close_frame_is_waited_for() {
        let mut timing = Timing::new(Some(SECOND), Some(SECOND));
        timing.closes();
        let began = Instant::now();
        assert_eq!(next(&mut timing, false).await, Alarm::NotClosed);
        assert_eq!(began.elapsed(), CLOSE_TIMEOUT);
        timing.fails();
        assert_eq!(next(&mut timing, false).await, Alarm::NotAnswered);
        assert_eq!(began.elapsed(), CLOSE_TIMEOUT + FAULT_PATIENCE);
    }
}
