//! The component: what isolates call.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use twinloop_mailbox::Text;
use twinloop_runtime::{Component, Failure, Invocation, Isolate, Operation as Running, Sql};

use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::query::{acquire, query, read, script};
use crate::request::{
    Acquire, Copy, CopyEnd, CopyWrite, EndStream, Listen, Next, Of, Open, Release, Rotate, Script,
};
use crate::service::Service;
use crate::{copy, stream};

/// PostgreSQL for isolates: number 2 in every frame.
#[derive(Default)]
pub(crate) struct Sqldb(pub(crate) Arc<Service>);

/// The component, with nothing open.
pub fn component() -> Box<dyn Component> {
    Box::new(Sqldb::default())
}

impl Component for Sqldb {
    fn name(&self) -> &'static str {
        "sqldb"
    }

    fn call(&self, invocation: Invocation) -> Running {
        let service = Arc::clone(&self.0);
        Box::pin(async move { answer(service, invocation).await.map_err(Failure::from) })
    }

    fn sql(&self) -> Option<&dyn Sql> {
        Some(self)
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.isolate_ended(isolate.id);
    }
}

async fn answer(service: Arc<Service>, invocation: Invocation) -> Result<Text, Error> {
    let isolate = invocation.isolate.id;
    let payload = invocation.payload;
    #[cfg(feature = "fault-injection")]
    if invocation.operation == crate::pool::PANIC_WHILE_LOCKED {
        let Of(pool) = read(&payload)?;
        service.pool(pool)?.panic_while_locked();
    }
    let Some(operation) = Operation::from_number(invocation.operation) else {
        let message = format!("sqldb has no operation {}", invocation.operation);
        return Err(Error::new(Kind::Internal, message));
    };
    match operation {
        Operation::Query => query(service, isolate, payload).await.map(text),
        Operation::Open => {
            let Open(url, limits, rotates) = read(&payload)?;
            service.open(isolate, &url, limits, rotates).map(number)
        }
        Operation::Cancel => {
            let Of(token) = read(&payload)?;
            service.tokens.give_up(isolate, token);
            Ok(Text::default())
        }
        Operation::Acquire => {
            let request: Acquire = read(&payload)?;
            let pool = service.pool(request.0)?;
            let limit = request.limit();
            acquire(&service, isolate, pool, request.3, limit, request.2).await.map(number)
        }
        Operation::Release => {
            let Release(session, turn) = read(&payload)?;
            if let Some(session) = service.sessions.remove(session) {
                session.release(turn).await;
            }
            Ok(Text::default())
        }
        Operation::Script => {
            let request: Script = read(&payload)?;
            script(service, isolate, request).await.map(|()| Text::default())
        }
        Operation::Counts => {
            let Of(pool) = read(&payload)?;
            let counts = service.pool(pool)?.counts();
            let counts = json!({ "open": counts.open, "used": counts.used, "waiting": counts.waiting });
            Ok(Text::from(counts.to_string()))
        }
        Operation::Close => {
            let Of(pool) = read(&payload)?;
            service.close(pool, isolate);
            Ok(Text::default())
        }
        Operation::Rotate => {
            let Rotate(pool, url) = read(&payload)?;
            service.rotate(pool, &url).await.map(|()| Text::default())
        }
        Operation::Ping => {
            let Of(pool) = read(&payload)?;
            service.pool(pool)?.lease(crate::pool::Want::Alone).await.map(|_| Text::default())
        }
        Operation::Stream => stream::open(service, isolate, payload).await.map(text),
        Operation::Next => {
            let request: Next = read(&payload)?;
            stream::next(service, isolate, request).await.map(text)
        }
        Operation::EndStream => {
            let EndStream(handle, turn) = read(&payload)?;
            if let Some(stream) = service.streams.remove(handle) {
                stream.end(turn).await;
            }
            Ok(Text::default())
        }
        Operation::Listen | Operation::Notifications | Operation::Unlisten => {
            listening(&service, isolate, operation, &payload).await
        }
        _ => copying(&service, &invocation.isolate, operation, &payload).await,
    }
}

async fn listening(
    service: &Arc<Service>,
    isolate: u32,
    operation: Operation,
    payload: &Bytes,
) -> Result<Text, Error> {
    if operation == Operation::Listen {
        let Listen(pool, channel) = read(payload)?;
        let pool = service.pool(pool)?;
        let subscription = pool.listener.join(&pool.route, isolate, channel).await?;
        let handle = service.next_number();
        service.subscriptions.insert(handle, subscription);
        return Ok(number(handle));
    }
    let Of(handle) = read(payload)?;
    if operation == Operation::Notifications {
        let Some(subscription) = service.subscriptions.get(handle) else { return Ok(Text::default()) };
        let events = subscription.next().await;
        return Ok(events.map_or_else(Text::default, |events| Text::from(json!(events).to_string())));
    }
    if let Some(subscription) = service.subscriptions.remove(handle) {
        subscription.close();
    }
    Ok(Text::default())
}

async fn copying(
    service: &Arc<Service>,
    isolate: &Isolate,
    operation: Operation,
    payload: &Bytes,
) -> Result<Text, Error> {
    let transfer = |handle| service.copies.get(handle).ok_or_else(crate::session::over);
    match operation {
        Operation::CopyWrite => {
            let CopyWrite(handle, blob) = read(payload)?;
            let piece = isolate.blobs.take(blob).unwrap_or_default();
            transfer(handle)?.write(piece).await.map(|()| Text::default())
        }
        Operation::CopyRead => {
            let Of(handle) = read(payload)?;
            let piece = transfer(handle)?.read().await?;
            if piece.is_empty() {
                service.copies.remove(handle);
                return Ok(Text::default());
            }
            Ok(number(isolate.blobs.put(piece)))
        }
        Operation::CopyEnd => {
            let CopyEnd(handle, completes) = read(payload)?;
            let transfer = transfer(handle)?;
            service.copies.remove(handle);
            transfer.end(completes).await.map(|rows| Text::from(rows.to_string()))
        }
        _ => {
            let request: Copy = read(payload)?;
            copy::open(service, isolate.id, request, operation == Operation::CopyIn).await.map(number)
        }
    }
}

fn text(bytes: Vec<u8>) -> Text {
    let ascii = bytes.is_ascii();
    Text { bytes, ascii, tagged: false }
}

fn number(number: u32) -> Text {
    Text::from(number.to_string())
}
