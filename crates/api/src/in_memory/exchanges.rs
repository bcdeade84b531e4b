//! The exchanges in memory that isolates have begun, by their numbers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use twinloop_runtime::{Answer, Isolate, json_text, lock, no_result};

use crate::in_memory::exchange::MemoryExchange;
use crate::in_memory::grant::Grant;
use crate::in_memory::request::MemoryRequest;
use crate::server::Server;

/// The open exchanges of all isolates.
#[derive(Default)]
pub(crate) struct MemoryExchanges(Mutex<HashMap<(u32, u32), Arc<MemoryExchange>>>);

/// The number of an exchange.
#[derive(Deserialize)]
pub(crate) struct ExchangeNumber(u32);

impl MemoryExchanges {
    /// Sends a request. Errors: those of [`MemoryRequest::build`], [`Grant::new`] and [`MemoryExchange::send`].
    pub(crate) async fn send(&self, server: &Arc<Server>, isolate: &Isolate, asked: MemoryRequest) -> Answer {
        let request = asked.build(&isolate.blobs)?;
        let name = (isolate.id, asked.number);
        let grant = asked.call.map(|call| Grant::new(call, &server.gateway)).transpose()?;
        let exchange = Arc::new(MemoryExchange::new());
        lock(&self.0).insert(name, Arc::clone(&exchange));
        let answer = exchange.send(server, (request, grant, asked.is_https), &isolate.blobs).await;
        if !exchange.is_open() {
            lock(&self.0).remove(&name);
        }
        answer
    }

    /// Reads the next piece of an answer. Errors: those of [`MemoryExchange::read`].
    pub(crate) async fn read(&self, isolate: &Isolate, ExchangeNumber(number): ExchangeNumber) -> Answer {
        let name = (isolate.id, number);
        let Some(exchange) = lock(&self.0).get(&name).cloned() else { return json_text(&0) };
        let piece = exchange.read(&isolate.blobs).await;
        if !exchange.is_open() {
            lock(&self.0).remove(&name);
        }
        piece
    }

    /// Ends an exchange, whose client has left. One that has ended is left alone.
    pub(crate) fn cut(&self, isolate: &Isolate, ExchangeNumber(number): ExchangeNumber) -> Answer {
        if let Some(exchange) = lock(&self.0).remove(&(isolate.id, number)) {
            exchange.cut();
        }
        no_result()
    }

    /// Ends all exchanges of an isolate that has ended.
    pub(crate) fn leave(&self, isolate: u32) {
        let left: Vec<_> = lock(&self.0).extract_if(|(owner, _), _| *owner == isolate).collect();
        for (_, exchange) in left {
            exchange.cut();
        }
    }
}
