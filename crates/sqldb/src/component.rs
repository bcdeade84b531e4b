//! The sqldb component: answers the operations that isolates call.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use twinloop_mailbox::Text;
use twinloop_runtime::{Answering, Component, Failure, Invocation, Isolate, Primitive, Sql};

use crate::copy;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::request::{
    Acquire, CallPlace, Copy, CopyEnd, CopyWrite, EndStream, ListenToChannel, Next, Of, OpenPool, Release,
    Rotate, SetUp,
};
use crate::service::Service;
use crate::session::QueuedCall;
use crate::statement::class::CopyDirection;
use crate::statement::query::{acquire, query, read};
use crate::statement::stream;

/// The sqldb component.
#[derive(Default)]
pub(crate) struct Sqldb(pub(crate) Arc<Service>);

/// The entry of sqldb in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "sqldb", operations: Operation::describe(), make: |_| component() };

/// Makes the sqldb component, with no pool open.
pub fn component() -> Box<dyn Component> {
    Box::new(Sqldb::default())
}

impl Component for Sqldb {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        if Operation::of(invocation.operation) == Ok(Operation::Events) {
            // Before the task is spawned: the next statement of the session may be answered before this task begins.
            self.0.queue_events(&invocation.payload);
        }
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let operation = Operation::of(invocation.operation)?;
            answer(service, operation, invocation).await.map_err(Failure::from)
        })
    }

    fn sql(&self) -> Option<&dyn Sql> {
        Some(self)
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.isolate_ended(isolate.id);
    }
}

async fn answer(service: Arc<Service>, operation: Operation, invocation: Invocation) -> Result<Text, Error> {
    let isolate = invocation.isolate.id;
    let payload = invocation.payload;
    // The call's number in its session is read first, so that it is passed on even where the rest cannot be read.
    let place = if operation.has_place() { CallPlace::read(&payload) } else { CallPlace::default() };
    let due = service.due(place)?;
    match operation {
        Operation::Query => query(service, isolate, due, payload).await.map(text),
        Operation::Cancel => {
            let Of(token) = read(&payload)?;
            service.abort_tokens.give_up(isolate, token);
            Ok(Text::default())
        }
        Operation::Acquire => {
            let request: Acquire = read(&payload)?;
            let session = acquire(&service, isolate, request).await?;
            let process = session.process_id();
            Ok(Text::from(json!([service.hold(session), process]).to_string()))
        }
        Operation::Release => {
            if let (Some(due), Ok(session)) = (due, service.session(place.session)) {
                let destroys = read::<Release>(&payload).is_ok_and(|release| release.destroys != 0);
                session.release(due, destroys).await;
                service.sessions.remove(place.session);
            }
            Ok(Text::default())
        }
        Operation::Abandon => {
            let Of(session) = read(&payload)?;
            if let Some(session) = service.sessions.remove(session) {
                session.abandon();
            }
            Ok(Text::default())
        }
        Operation::Events => {
            let Of(session) = read(&payload)?;
            let events = service.session(session)?.events().await;
            Ok(events.map_or_else(Text::default, |events| Text::from(json!(events).to_string())))
        }
        Operation::Stream => stream::open(service, isolate, due, payload).await.map(text),
        Operation::Next => {
            let request: Next = read(&payload)?;
            stream::next(service, isolate, due, request).await.map(text)
        }
        Operation::EndStream => {
            let request: EndStream = read(&payload)?;
            if let Some(stream) = service.streams.remove(request.handle) {
                stream.end(due).await;
            }
            Ok(Text::default())
        }
        Operation::Listen | Operation::Notifications | Operation::Unlisten => {
            listening(&service, isolate, operation, &payload).await
        }
        Operation::CopyIn
        | Operation::CopyOut
        | Operation::CopyWrite
        | Operation::CopyRead
        | Operation::CopyEnd => copying(&service, &invocation.isolate, operation, due, &payload).await,
        _ => pooling(&service, isolate, operation, &payload).await,
    }
}

/// Opens, changes, counts and closes pools.
async fn pooling(
    service: &Arc<Service>,
    isolate: u32,
    operation: Operation,
    payload: &Bytes,
) -> Result<Text, Error> {
    match operation {
        #[cfg(feature = "fault-injection")]
        Operation::PanicWhileLocked => {
            let Of(pool) = read(payload)?;
            service.pool(pool)?.panic_while_locked();
            Ok(Text::default())
        }
        Operation::Open => {
            let request: OpenPool = read(payload)?;
            let (number, pool) = service.open(isolate, &request)?;
            let ignored = pool.limits.differences(&request.limits);
            Ok(Text::from(json!([number, pool.opener.reach.first_name(), ignored]).to_string()))
        }
        Operation::Counts => {
            let Of(pool) = read(payload)?;
            let counts = service.pool(pool)?.counts();
            let counts = json!({ "open": counts.open, "used": counts.used, "waiting": counts.waiting });
            Ok(Text::from(counts.to_string()))
        }
        Operation::Close => {
            let Of(pool) = read(payload)?;
            service.close(pool, isolate);
            Ok(Text::default())
        }
        Operation::SetUp => {
            let SetUp { pool, sql } = read(payload)?;
            service.pool(pool)?.set_up(&sql).map(|()| Text::default())
        }
        Operation::Rotate => {
            let Rotate { pool, url } = read(payload)?;
            service.rotate(pool, &url).await.map(|()| Text::default())
        }
        Operation::Ping => {
            let Of(pool) = read(payload)?;
            service.pool(pool)?.lease(crate::pool::Want::Alone).await.map(|_| Text::default())
        }
        other => Err(Error::new(ErrorKind::Internal, format!("{other:?} is no operation on a pool"))),
    }
}

async fn listening(
    service: &Arc<Service>,
    isolate: u32,
    operation: Operation,
    payload: &Bytes,
) -> Result<Text, Error> {
    if operation == Operation::Listen {
        let ListenToChannel { pool, channel } = read(payload)?;
        let pool = service.pool(pool)?;
        let subscription = pool.listener.join(&pool.opener, isolate, channel).await?;
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
    due: Option<QueuedCall>,
    payload: &Bytes,
) -> Result<Text, Error> {
    let transfer = |handle| service.copies.get(handle).ok_or_else(crate::session::session_is_over);
    match operation {
        Operation::CopyWrite => {
            let CopyWrite { handle, blob } = read(payload)?;
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
            let CopyEnd { handle, completes } = read(payload)?;
            let transfer = transfer(handle)?;
            service.copies.remove(handle);
            transfer.end(completes).await.map(|rows| Text::from(rows.to_string()))
        }
        _ => {
            let request: Copy = read(payload)?;
            let wanted = if operation == Operation::CopyIn { CopyDirection::In } else { CopyDirection::Out };
            copy::open(service, isolate.id, due, request, wanted).await.map(number)
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
