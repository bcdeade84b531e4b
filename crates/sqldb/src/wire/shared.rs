//! The state that client and driver of a connection share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use twinloop_runtime::lock;

use super::failure::ServerRefusal;

/// The transaction status of the session, as `ReadyForQuery` reported it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    Idle,
    Open,
    /// The transaction has failed; PostgreSQL accepts only ROLLBACK.
    Failed,
}

/// A notice or a notification.
#[derive(Clone, Debug)]
pub(crate) enum ServerEvent {
    Notice(Arc<ServerRefusal>),
    Notification { channel: String, payload: String, process_id: i32 },
}

impl ServerEvent {
    /// The event as JSON: `["notice", fields, message]` or `["notification", channel, payload, processId]`.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Notice(notice) => json!(["notice", notice.to_json(), notice.message]),
            Self::Notification { channel, payload, process_id } => {
                json!(["notification", channel, payload, process_id])
            }
        }
    }
}

/// The server's state as the driver has seen it: reported settings, transaction status, events.
#[derive(Default)]
pub(crate) struct ServerState {
    state: AtomicU8,
    is_closed: AtomicBool,
    /// Whether the server has reported a changed setting since [`ServerState::take_setting_changes`].
    settings_changed: AtomicBool,
    parameters: Mutex<HashMap<String, String>>,
    farewell: Mutex<Option<Arc<ServerRefusal>>>,
    events: Mutex<Option<UnboundedSender<ServerEvent>>>,
    /// The number of bytes that wait for the socket.
    unsent: AtomicUsize,
    pub(super) room: Notify,
}

impl ServerState {
    pub(super) fn new(
        parameters: HashMap<String, String>,
        events: Option<UnboundedSender<ServerEvent>>,
    ) -> Self {
        Self { parameters: Mutex::new(parameters), events: Mutex::new(events), ..Self::default() }
    }

    pub(crate) fn transaction(&self) -> TransactionState {
        match self.state.load(Ordering::Acquire) {
            b'T' => TransactionState::Open,
            b'E' => TransactionState::Failed,
            _ => TransactionState::Idle,
        }
    }

    pub(super) fn set_transaction(&self, status: u8) {
        self.state.store(status, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        lock(&self.events).take();
        self.room.notify_waiters();
    }

    pub(super) fn set_parameter(&self, name: &str, value: &str) {
        let old = lock(&self.parameters).insert(name.to_owned(), value.to_owned());
        if old.as_deref() != Some(value) {
            self.settings_changed.store(true, Ordering::Release);
        }
    }

    /// Takes and clears the note that a reported setting has changed.
    pub(crate) fn take_setting_changes(&self) -> bool {
        self.settings_changed.load(Ordering::Acquire) && self.settings_changed.swap(false, Ordering::AcqRel)
    }

    /// The error with which the server has ended the connection.
    pub(crate) fn farewell(&self) -> Option<Arc<ServerRefusal>> {
        lock(&self.farewell).clone()
    }

    pub(super) fn set_farewell(&self, refusal: Arc<ServerRefusal>) {
        lock(&self.farewell).get_or_insert(refusal);
    }

    /// Sends events to `events` from now on; `None` drops them.
    pub(crate) fn send_events_to(&self, events: Option<UnboundedSender<ServerEvent>>) {
        *lock(&self.events) = events;
    }

    pub(super) fn tell(&self, event: impl FnOnce() -> Option<ServerEvent>) {
        if let Some(events) = lock(&self.events).as_ref()
            && let Some(event) = event()
        {
            let _ = events.send(event);
        }
    }

    pub(super) fn queue(&self, bytes: usize) {
        self.unsent.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.unsent.fetch_sub(bytes, Ordering::AcqRel);
        self.room.notify_waiters();
    }

    pub(super) fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Acquire)
    }
}
