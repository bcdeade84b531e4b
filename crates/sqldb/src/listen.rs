//! LISTEN/NOTIFY: one connection for all channels of a pool, reopened when it is lost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use twinloop_runtime::{backoff, lock};

use crate::connection::Connection;
use crate::error::Error;
use crate::pool::opener::Opener;
use crate::wire::ServerEvent;

/// Notifications that may wait for a slow reader; beyond it the oldest are dropped and the reader receives `null`.
const MAX_QUEUED: usize = 10_000;
/// The first and the last upper limit of the jittered pauses between attempts to reconnect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// A subscription of one reader to one channel.
pub(crate) struct ChannelSubscription {
    channel: String,
    /// Notifications as `["payload", processId]`; `null` where some may have been missed.
    queue: Mutex<VecDeque<Value>>,
    arrived: Notify,
    closed: AtomicBool,
}

impl ChannelSubscription {
    fn push(&self, event: Value) {
        let mut queue = lock(&self.queue);
        if queue.len() >= MAX_QUEUED {
            queue.pop_front();
            if let Some(oldest) = queue.front_mut() {
                *oldest = Value::Null;
            }
        }
        queue.push_back(event);
        drop(queue);
        self.arrived.notify_one();
    }

    /// All notifications that have arrived, waiting for the first; `None` when the subscription has ended.
    pub(crate) async fn next(&self) -> Option<Vec<Value>> {
        loop {
            let arrived = self.arrived.notified();
            let events: Vec<Value> = lock(&self.queue).drain(..).collect();
            if !events.is_empty() {
                return Some(events);
            }
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            arrived.await;
        }
    }

    /// Ends the subscription and wakes its reader.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.arrived.notify_one();
    }
}

struct Joining {
    subscription: Arc<ChannelSubscription>,
    listening: oneshot::Sender<Result<(), Error>>,
}

/// The listener of a pool; its task runs while the pool has subscriptions.
#[derive(Default)]
pub(crate) struct Listener(Mutex<Option<UnboundedSender<Joining>>>);

impl Listener {
    /// Subscribes to a channel; returns once the server has confirmed LISTEN.
    pub(crate) async fn join(
        &self,
        opener: &Arc<Opener>,
        channel: String,
    ) -> Result<Arc<ChannelSubscription>, Error> {
        let subscription = Arc::new(ChannelSubscription {
            channel,
            queue: Mutex::default(),
            arrived: Notify::new(),
            closed: AtomicBool::new(false),
        });
        let (listening, confirmed) = oneshot::channel();
        self.send(opener, Joining { subscription: Arc::clone(&subscription), listening });
        confirmed.await.map_err(|_| crate::session::session_is_over())??;
        Ok(subscription)
    }

    fn send(&self, opener: &Arc<Opener>, joining: Joining) {
        let mut sender = lock(&self.0);
        let joining = match sender.as_ref() {
            Some(task) => match task.send(joining) {
                Ok(()) => return,
                // The task ended with its last subscription.
                Err(unsent) => unsent.0,
            },
            None => joining,
        };
        let (new, joinings) = unbounded_channel();
        let _ = new.send(joining);
        *sender = Some(new);
        tokio::spawn(run(Arc::clone(opener), joinings));
    }
}

async fn run(opener: Arc<Opener>, mut joinings: UnboundedReceiver<Joining>) {
    let mut subscriptions: Vec<Arc<ChannelSubscription>> = Vec::new();
    let mut attempt = 0;
    loop {
        let (sender, mut messages) = unbounded_channel();
        match opener.open(Some(sender), |_, _| {}).await {
            Err(error) => {
                while let Ok(joining) = joinings.try_recv() {
                    let _ = joining.listening.send(Err(error.clone()));
                }
                retain_open(&mut subscriptions);
                if subscriptions.is_empty() {
                    return;
                }
                attempt += 1;
                tokio::time::sleep(backoff(PAUSES.0, PAUSES.1, attempt)).await;
            }
            Ok(link) => {
                attempt = 0;
                if listen_again(&link, &subscriptions).await
                    && serve(&link, &mut messages, &mut joinings, &mut subscriptions).await
                {
                    return;
                }
            }
        }
    }
}

/// Subscribes again after a reconnect; each reader receives `null`, because notifications sent meanwhile are lost.
async fn listen_again(link: &Arc<Connection>, subscriptions: &[Arc<ChannelSubscription>]) -> bool {
    for subscription in subscriptions {
        if link.client.run(&listen(&subscription.channel)).await.is_err() {
            return false;
        }
        subscription.push(Value::Null);
    }
    true
}

/// Serves subscriptions until the connection is lost (`false`) or the last subscription has ended (`true`).
async fn serve(
    link: &Arc<Connection>,
    messages: &mut UnboundedReceiver<ServerEvent>,
    joinings: &mut UnboundedReceiver<Joining>,
    subscriptions: &mut Vec<Arc<ChannelSubscription>>,
) -> bool {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                None => return false,
                Some(ServerEvent::Notification { channel, payload, process_id }) => {
                    for subscription in subscriptions.iter().filter(|one| one.channel == channel) {
                        subscription.push(json!([payload, process_id]));
                    }
                }
                Some(ServerEvent::Notice(_)) => {}
            },
            joining = joinings.recv() => {
                let Some(Joining { subscription, listening }) = joining else { return true };
                let result = link.client.run(&listen(&subscription.channel)).await;
                if result.is_ok() {
                    subscriptions.push(subscription);
                }
                let _ = listening.send(result.map_err(|error| Error::of_statement(&error)));
            }
            _ = tick.tick() => {
                let before = subscriptions.len();
                for ended in retain_open(subscriptions) {
                    if subscriptions.iter().all(|one| one.channel != ended.channel) {
                        let _ = link.client.run(&format!("un{}", listen(&ended.channel))).await;
                    }
                }
                if before > 0 && subscriptions.is_empty() && joinings.is_empty() {
                    return true;
                }
            }
        }
    }
}

fn retain_open(subscriptions: &mut Vec<Arc<ChannelSubscription>>) -> Vec<Arc<ChannelSubscription>> {
    subscriptions.extract_if(.., |subscription| subscription.closed.load(Ordering::Acquire)).collect()
}

/// The statement by which the server is asked for the notifications of a channel.
pub(crate) fn listen(channel: &str) -> String {
    format!("listen \"{}\"", channel.replace('"', "\"\""))
}
