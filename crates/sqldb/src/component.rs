//! The sqldb component: answers the operations that isolates call.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use twinloop_mailbox::Text;
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Answering, Component, Failure, Invocation, Isolate, Primitive, Sql};

use crate::copy;
use crate::error::Error;
use crate::operation::Operation;
use crate::pool::Want;
use crate::request::{
    CallPlace, Copy, CopyEnd, CopyWrite, EndStream, Hear, ListenToChannel, Of, OpenPool, Release, Rotate,
    SetUp, Statement,
};
use crate::rows_answer;
use crate::service::Service;
use crate::statement::class::CopyDirection;
use crate::statement::query::{acquire, query};
use crate::statement::stream;

/// The sqldb component.
#[derive(Default)]
pub(crate) struct Sqldb(pub(crate) Arc<Service>);

/// The entry of sqldb in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "sqldb", operations: Operation::describe(), instant: None, make: |_| component() };

/// Makes the sqldb component, with no pool open.
///
/// ```
/// let sqldb = twinloop_sqldb::component();
/// assert_eq!(sqldb.name(), "sqldb");
/// // Other components run their statements through the component, and need no driver of their own.
/// assert!(sqldb.sql().is_some());
/// assert_eq!(twinloop_sqldb::PRIMITIVE.operations[0].name(), "open");
/// ```
pub fn component() -> Box<dyn Component> {
    Box::new(Sqldb::default())
}

impl Component for Sqldb {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let Invocation { isolate, caller, operation, payload, .. } = invocation;
            answer(service, &isolate, caller, operation, payload).await
        })
    }

    fn sql(&self) -> Option<&dyn Sql> {
        Some(self)
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.isolate_ended(isolate.id);
    }
}

async fn answer(
    service: Arc<Service>,
    isolate: &Isolate,
    caller: CallOrigin,
    number: u16,
    payload: Bytes,
) -> Result<Text, Failure> {
    let id = isolate.id;
    let operation =
        Operation::read(number, &payload).inspect_err(|_| service.pass_unreadable(id, &payload))?;
    let answered = match operation {
        Operation::Query(statement) => {
            let due = service.due(id, statement.place)?;
            let call = statement.call(id, caller, &service.texts);
            // The call has copies: a long text is not held twice while the server is at work.
            drop(payload);
            query(service, due, call).await.map(text)
        }
        Operation::Answer(statement) => keep_rows(service, isolate, caller, statement).await,
        Operation::Stream(statement) => {
            let due = service.due(id, statement.place)?;
            let call = statement.call(id, caller, &service.texts);
            drop(payload);
            stream::open(service, due, call).await.map(text)
        }
        Operation::Next(next) => {
            let due = service.due(id, next.place)?;
            stream::next(service, id, due, next).await.map(text)
        }
        Operation::EndStream(end) => end_stream(&service, id, end).await,
        Operation::Cancel(Of(token)) => {
            service.abort_tokens.give_up(id, token);
            Ok(Text::default())
        }
        Operation::Acquire(request) => {
            let session = acquire(&service, id, caller, request).await?;
            let process = session.process_id();
            Ok(Text::from(json!([service.hold(id, session), process]).to_string()))
        }
        Operation::Release(release) => release_session(&service, id, release).await,
        Operation::Abandon(Of(session)) => {
            service.sessions.remove(id, session).inspect(|session| session.abandon());
            Ok(Text::default())
        }
        Operation::Hear(Hear { place }) => hear(&service, id, place),
        Operation::Events(Of(session)) => Ok(listed(service.session(id, session)?.events().await)),
        Operation::Listen(channel) => listen(&service, id, &caller, channel).await,
        Operation::Notifications(Of(handle)) => match service.subscriptions.get(id, handle) {
            Some(subscription) => Ok(listed(subscription.next().await)),
            None => Ok(Text::default()),
        },
        Operation::Unlisten(Of(handle)) => {
            service.subscriptions.remove(id, handle).inspect(|subscription| subscription.close());
            Ok(Text::default())
        }
        Operation::CopyIn(copy) => begin_copy(&service, id, &caller, copy, CopyDirection::In).await,
        Operation::CopyOut(copy) => begin_copy(&service, id, &caller, copy, CopyDirection::Out).await,
        Operation::CopyWrite(write) => write_copy(&service, isolate, write).await,
        Operation::CopyRead(Of(handle)) => read_copy(&service, isolate, handle).await,
        Operation::CopyEnd(end) => end_copy(&service, id, end).await,
        Operation::Open(request) => open(&service, id, &request),
        Operation::Counts(Of(pool)) => counts(&service, pool),
        Operation::Close(Of(pool)) => {
            service.close(pool, id);
            Ok(Text::default())
        }
        Operation::SetUp(SetUp { pool, sql }) => service.pool(pool)?.set_up(&sql).map(|()| Text::default()),
        Operation::Rotate(Rotate { pool, url }) => service.rotate(pool, &url).await.map(|()| Text::default()),
        Operation::Ping(Of(pool)) => service.pool(pool)?.lease(Want::Alone).await.map(|_| Text::default()),
        #[cfg(feature = "fault-injection")]
        Operation::PanicWhileLocked(Of(pool)) => service.pool(pool)?.panic_while_locked(),
    };
    answered.map_err(Failure::from)
}

/// Runs a statement, and keeps its rows for the isolate.
async fn keep_rows(
    service: Arc<Service>,
    isolate: &Isolate,
    caller: CallOrigin,
    statement: Statement<'_>,
) -> Result<Text, Error> {
    let due = service.due(isolate.id, statement.place)?;
    let (call, form) = statement.kept_call(isolate.id, caller, &service.texts);
    let answer = query(service, due, call).await?;
    rows_answer::keep(isolate, answer, form).map(text)
}

async fn end_stream(
    service: &Service,
    isolate: u32,
    EndStream { place, handle }: EndStream,
) -> Result<Text, Error> {
    let due = service.due(isolate, place)?;
    if let Some(stream) = service.streams.remove(isolate, handle) {
        stream.end(due).await;
    }
    Ok(Text::default())
}

async fn release_session(
    service: &Service,
    isolate: u32,
    Release { place, destroys }: Release,
) -> Result<Text, Error> {
    if let Some(due) = service.due(isolate, place)? {
        service.session(isolate, place.session)?.release(due, destroys).await;
        service.sessions.remove(isolate, place.session);
    }
    Ok(Text::default())
}

fn hear(service: &Service, isolate: u32, place: CallPlace) -> Result<Text, Error> {
    // At once, for the statement that is under way; the turn passes afterwards, so that the next one is heard whole.
    let due = service.due(isolate, place)?;
    service.session(isolate, place.session)?.queue_events();
    drop(due);
    Ok(Text::default())
}

async fn listen(
    service: &Service,
    isolate: u32,
    caller: &CallOrigin,
    asked: ListenToChannel,
) -> Result<Text, Error> {
    let pool = service.pool(asked.pool)?;
    let subscription = pool.listen(asked.channel, Some(caller)).await?;
    Ok(number(service.subscriptions.insert(isolate, subscription)))
}

async fn begin_copy(
    service: &Service,
    isolate: u32,
    caller: &CallOrigin,
    copy: Copy,
    wanted: CopyDirection,
) -> Result<Text, Error> {
    let due = service.due(isolate, copy.place)?;
    let transfer = copy::open(service, due, caller, copy, wanted).await?;
    Ok(number(service.copies.insert(isolate, transfer)))
}

async fn write_copy(service: &Service, isolate: &Isolate, write: CopyWrite) -> Result<Text, Error> {
    let piece = isolate.blobs.take(write.blob).unwrap_or_default();
    service.transfer(isolate.id, write.handle)?.write(piece).await.map(|()| Text::default())
}

/// Puts the next piece of a copy as a blob and answers its number; answers nothing after the last.
async fn read_copy(service: &Service, isolate: &Isolate, handle: u32) -> Result<Text, Error> {
    let piece = service.transfer(isolate.id, handle)?.read().await?;
    if piece.is_empty() {
        service.copies.remove(isolate.id, handle);
        return Ok(Text::default());
    }
    Ok(number(isolate.blobs.put(piece)))
}

async fn end_copy(
    service: &Service,
    isolate: u32,
    CopyEnd { handle, completes }: CopyEnd,
) -> Result<Text, Error> {
    let transfer = service.transfer(isolate, handle)?;
    service.copies.remove(isolate, handle);
    transfer.end(completes).await.map(|rows| Text::from(rows.to_string()))
}

fn open(service: &Service, isolate: u32, request: &OpenPool) -> Result<Text, Error> {
    let (number, pool) = service.open(isolate, request)?;
    let ignored = pool.limits.differences(&request.limits);
    Ok(Text::from(json!([number, pool.opener.reach.first_name(), ignored]).to_string()))
}

fn counts(service: &Service, pool: u32) -> Result<Text, Error> {
    let counts = service.pool(pool)?.counts();
    let counts = json!({ "open": counts.open, "used": counts.used, "waiting": counts.waiting });
    Ok(Text::from(counts.to_string()))
}

/// Events as a JSON array; the empty text once no more will come.
fn listed(events: Option<Vec<Value>>) -> Text {
    events.map_or_else(Text::default, |events| Text::from(Value::from(events).to_string()))
}

fn text(bytes: Vec<u8>) -> Text {
    let ascii = bytes.is_ascii();
    Text { bytes, ascii, tagged: false, framed: false }
}

fn number(number: u32) -> Text {
    Text::from(number.to_string())
}
