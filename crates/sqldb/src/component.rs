//! The component: what isolates call.

use std::sync::Arc;

use serde_json::json;
use twinloop_mailbox::Text;
use twinloop_runtime::{Component, Failure, Invocation, Isolate, Operation as Running};

use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::query::{acquire, query, read, script};
use crate::request::{Acquire, Of, Open, Release, Script};
use crate::service::Service;

/// PostgreSQL for isolates: number 2 in every frame.
#[derive(Default)]
pub(crate) struct Sqldb(Arc<Service>);

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

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.isolate_ended(isolate.id);
    }
}

async fn answer(service: Arc<Service>, invocation: Invocation) -> Result<Text, Error> {
    let isolate = invocation.isolate.id;
    let payload = invocation.payload;
    let Some(operation) = Operation::from_number(invocation.operation) else {
        let message = format!("sqldb has no operation {}", invocation.operation);
        return Err(Error::new(Kind::Internal, message));
    };
    match operation {
        Operation::Query => query(service, isolate, payload).await.map(text),
        Operation::Open => {
            let Open(url, limits) = read(&payload)?;
            service.open(&url, limits).map(number)
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
            service.close(pool);
            Ok(Text::default())
        }
        Operation::Ping => {
            let Of(pool) = read(&payload)?;
            service.pool(pool)?.lease(crate::pool::Want::Alone).await.map(|_| Text::default())
        }
        other => Err(Error::new(Kind::Internal, format!("{other:?} is not served"))),
    }
}

fn text(bytes: Vec<u8>) -> Text {
    let ascii = bytes.is_ascii();
    Text { bytes, ascii, tagged: false }
}

fn number(number: u32) -> Text {
    Text::from(number.to_string())
}
