//! The exchanges in memory that isolates have begun, by their numbers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use twinloop_runtime::{Answer, Isolate, json_text, lock, no_result};

use crate::in_memory::exchange::MemoryExchange;
use crate::in_memory::grant::Grant;
use crate::in_memory::request::MemoryRequest;
use crate::server::Server;

/// The open exchanges of all isolates.
#[derive(Default)]
pub(crate) struct MemoryExchanges {
    open: Mutex<HashMap<(u32, u32), Arc<MemoryExchange>>>,
    /// The number of exchanges that were ever begun.
    begun: AtomicU64,
}

/// How often, and for how long at most, it is looked whether requests have reached their handlers.
const LOOK: Duration = Duration::from_millis(1);
const LOOKS: usize = 100;

/// The number of an exchange.
#[derive(Deserialize)]
pub(crate) struct ExchangeNumber(u32);

impl MemoryExchanges {
    /// Sends a request. Errors: those of [`MemoryRequest::build`], [`Grant::new`] and [`MemoryExchange::send`].
    pub(crate) async fn send(&self, server: &Arc<Server>, isolate: &Isolate, asked: MemoryRequest) -> Answer {
        let name = (isolate.id, asked.number);
        let request = asked.build(&isolate.blobs);
        let grant = asked.call.map(|call| Grant::new(call, &server.gateway)).transpose();
        let exchange = Arc::new(MemoryExchange::new());
        if request.is_ok() && grant.is_ok() {
            lock(&self.open).insert(name, Arc::clone(&exchange));
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        let (request, grant) = (request?, grant?);
        let answer = exchange.send(server, (request, grant, asked.is_https), &isolate.blobs).await;
        if !exchange.is_open() {
            lock(&self.open).remove(&name);
        }
        answer
    }

    /// Reads the next piece of an answer. Errors: those of [`MemoryExchange::read`].
    pub(crate) async fn read(&self, isolate: &Isolate, ExchangeNumber(number): ExchangeNumber) -> Answer {
        let name = (isolate.id, number);
        let Some(exchange) = lock(&self.open).get(&name).cloned() else { return json_text(&0) };
        let piece = exchange.read(&isolate.blobs).await;
        if !exchange.is_open() {
            lock(&self.open).remove(&name);
        }
        piece
    }

    /// Ends an exchange, whose client has left. One that has ended is left alone.
    pub(crate) fn cut(&self, isolate: &Isolate, ExchangeNumber(number): ExchangeNumber) -> Answer {
        if let Some(exchange) = lock(&self.open).remove(&(isolate.id, number)) {
            exchange.cut();
        }
        no_result()
    }

    /// Waits until `sent` exchanges were begun and the handlers of those without an answer are running, for a tenth of a second at
    /// most: a request may be refused, or be held up, before it has a handler.
    pub(crate) async fn reach_handlers(&self, isolate: &Isolate, sent: u64) {
        for _ in 0..LOOKS {
            let waiting = lock(&self.open).values().filter(|exchange| !exchange.is_open()).count();
            if self.begun.load(Ordering::Relaxed) >= sent && isolate.port.delivered() >= waiting {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends all exchanges of an isolate that has ended.
    pub(crate) fn leave(&self, isolate: u32) {
        let left: Vec<_> = lock(&self.open).extract_if(|(owner, _), _| *owner == isolate).collect();
        for (_, exchange) in left {
            exchange.cut();
        }
    }
}
