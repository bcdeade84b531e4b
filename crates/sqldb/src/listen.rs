//! Notifications: one connection for all channels of a pool, opened anew when it is lost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::AsyncMessage;

use crate::error::Error;
use crate::link::{Link, lock};
use crate::route::Route;

/// Notifications that may wait for a slow reader; past it the oldest are dropped and the reader is told.
const MAX_QUEUED: usize = 10_000;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// One reader of one channel.
pub(crate) struct Subscription {
    pub(crate) isolate: u32,
    channel: String,
    /// `["payload", processId]`, or `null` where some may have been missed.
    queue: Mutex<VecDeque<Value>>,
    arrived: Notify,
    closed: AtomicBool,
}

impl Subscription {
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

    /// What has arrived, waiting for the first; `None` when the subscription has ended.
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

    /// Ends it; its reader is told.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.arrived.notify_one();
    }
}

struct Joining {
    subscription: Arc<Subscription>,
    listening: oneshot::Sender<Result<(), Error>>,
}

/// The listener of a pool; its task lives as long as somebody listens.
#[derive(Default)]
pub(crate) struct Listener(Mutex<Option<UnboundedSender<Joining>>>);

impl Listener {
    /// Listens on a channel and returns when the server does.
    pub(crate) async fn join(
        &self,
        route: &Arc<Route>,
        isolate: u32,
        channel: String,
    ) -> Result<Arc<Subscription>, Error> {
        let subscription = Arc::new(Subscription {
            isolate,
            channel,
            queue: Mutex::default(),
            arrived: Notify::new(),
            closed: AtomicBool::new(false),
        });
        let (listening, confirmed) = oneshot::channel();
        self.send(route, Joining { subscription: Arc::clone(&subscription), listening });
        confirmed.await.map_err(|_| crate::session::over())??;
        Ok(subscription)
    }

    fn send(&self, route: &Arc<Route>, joining: Joining) {
        let mut sender = lock(&self.0);
        let joining = match sender.as_ref() {
            Some(task) => match task.send(joining) {
                Ok(()) => return,
                // The task has ended with its last reader.
                Err(unsent) => unsent.0,
            },
            None => joining,
        };
        let (new, joinings) = unbounded_channel();
        let _ = new.send(joining);
        *sender = Some(new);
        tokio::spawn(run(Arc::clone(route), joinings));
    }
}

async fn run(route: Arc<Route>, mut joinings: UnboundedReceiver<Joining>) {
    let mut subscriptions: Vec<Arc<Subscription>> = Vec::new();
    let mut pause = FIRST_PAUSE;
    loop {
        let (sender, mut messages) = unbounded_channel();
        match route.open(Some(sender), |_| {}).await {
            Err(error) => {
                while let Ok(joining) = joinings.try_recv() {
                    let _ = joining.listening.send(Err(error.clone()));
                }
                retain_open(&mut subscriptions);
                if subscriptions.is_empty() {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
            }
            Ok(link) => {
                pause = FIRST_PAUSE;
                if listen_again(&link, &subscriptions).await
                    && serve(&link, &mut messages, &mut joinings, &mut subscriptions).await
                {
                    return;
                }
            }
        }
    }
}

/// After a break: what was sent meanwhile is lost, and the readers are told.
async fn listen_again(link: &Arc<Link>, subscriptions: &[Arc<Subscription>]) -> bool {
    for subscription in subscriptions {
        if link.client.batch_execute(&listen(&subscription.channel)).await.is_err() {
            return false;
        }
        subscription.push(Value::Null);
    }
    true
}

/// Serves until the connection is lost, or nobody listens any more: then it returns `true`.
async fn serve(
    link: &Arc<Link>,
    messages: &mut UnboundedReceiver<AsyncMessage>,
    joinings: &mut UnboundedReceiver<Joining>,
    subscriptions: &mut Vec<Arc<Subscription>>,
) -> bool {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                None => return false,
                Some(AsyncMessage::Notification(notification)) => {
                    let of_channel = |one: &&Arc<Subscription>| one.channel == notification.channel();
                    for subscription in subscriptions.iter().filter(of_channel) {
                        subscription.push(json!([notification.payload(), notification.process_id()]));
                    }
                }
                Some(_) => {}
            },
            joining = joinings.recv() => {
                let Some(Joining { subscription, listening }) = joining else { return true };
                let result = link.client.batch_execute(&listen(&subscription.channel)).await;
                if result.is_ok() {
                    subscriptions.push(subscription);
                }
                let _ = listening.send(result.map_err(|error| Error::of_statement(&error)));
            }
            _ = tick.tick() => {
                let before = subscriptions.len();
                for ended in retain_open(subscriptions) {
                    if subscriptions.iter().all(|one| one.channel != ended.channel) {
                        let _ = link.client.batch_execute(&format!("un{}", listen(&ended.channel))).await;
                    }
                }
                if before > 0 && subscriptions.is_empty() && joinings.is_empty() {
                    return true;
                }
            }
        }
    }
}

fn retain_open(subscriptions: &mut Vec<Arc<Subscription>>) -> Vec<Arc<Subscription>> {
    subscriptions.extract_if(.., |subscription| subscription.closed.load(Ordering::Acquire)).collect()
}

fn listen(channel: &str) -> String {
    format!("listen \"{}\"", channel.replace('"', "\"\""))
}
