//! The secrets component: the operations that isolates call to learn of changed values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use twinloop_runtime::{
    Answer, Answering, Component, Confidential, Invocation, Isolate, Primitive, json_text, lock, no_result,
    redact_with,
};

use crate::instant::INSTANT;
use crate::sources::Sources;
use crate::store::Store;
use crate::watch::Watch;

twinloop_runtime::operations! {
    /// An operation of secrets, with its arguments.
    enum Operation of "secrets" {
        /// Starts to listen for the calling isolate. Returns the number after which changes count.
        Listen(Confidential<Listen>) = 1,
        /// Waits until a value or a candidate is newer than a number; empty when the isolate listens no longer.
        Changes(Changes) = 2,
        /// Ends the calling isolate's listening.
        Unlisten = 3,
        /// Reads all places again.
        Refresh = 4,
    }
}

/// The entry of secrets in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "secrets", operations: Operation::describe(), instant: Some(INSTANT), make: component };

/// The arguments of `listen`: the secrets that are read again for the isolate that settles their candidates.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Watched {
    /// The secrets that are read again.
    names: Vec<String>,
    /// The places that are searched.
    sources: Sources,
    /// Milliseconds between full readings; 0 means never.
    refresh_ms: u64,
}

/// The arguments of `listen`.
#[derive(Deserialize)]
struct Listen {
    watch: Option<Watched>,
}

/// The arguments of `changes`: the number after which changes count.
#[derive(Deserialize)]
struct Changes {
    since: u64,
}

#[derive(Default)]
struct State {
    /// For each isolate, whether it has stopped listening.
    listeners: HashMap<u32, watch::Sender<bool>>,
    watch: Option<(u32, Arc<Watch>)>,
}

/// The secrets component: the listening isolates and the watch of the places.
#[derive(Default)]
struct Secrets(Arc<Mutex<State>>);

/// Creates the component without a watch.
pub fn component(_number: u16) -> Box<dyn Component> {
    redact_with(|text| Store::shared().redact(text));
    Box::new(Secrets::default())
}

impl Component for Secrets {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            match Operation::read(invocation.operation, &invocation.payload)? {
                Operation::Listen(Confidential(asked)) => listen(&state, &invocation, asked),
                Operation::Changes(asked) => changes(&state, &invocation, asked).await,
                Operation::Unlisten => {
                    end(&state, invocation.isolate.id);
                    no_result()
                }
                Operation::Refresh => {
                    let watch = lock(&state).watch.as_ref().map(|(_, watch)| Arc::clone(watch));
                    if let Some(watch) = watch {
                        watch.read_again().await;
                    }
                    no_result()
                }
            }
        })
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        end(&self.0, isolate.id);
        lock(&self.0).listeners.remove(&isolate.id);
    }
}

/// Lets the isolate ask for changes. Returns the number after which they count.
fn listen(state: &Mutex<State>, invocation: &Invocation, Listen { watch }: Listen) -> Answer {
    let id = invocation.isolate.id;
    let mut state = lock(state);
    state.listeners.insert(id, watch::Sender::new(false));
    if let Some(Watched { names, sources, refresh_ms }) = watch.filter(|watched| watched.refresh_ms > 0) {
        let refresh = Duration::from_millis(refresh_ms);
        let watch = Watch::new(Store::shared(), names, sources, refresh, invocation.core);
        if let Some((_, before)) = state.watch.replace((id, watch)) {
            before.stop();
        }
    }
    json_text(&json!({ "now": Store::shared().now() }))
}

/// Waits until a value or a candidate is newer than `since`; empty when the isolate listens no longer.
async fn changes(state: &Mutex<State>, invocation: &Invocation, Changes { since }: Changes) -> Answer {
    let ended = lock(state).listeners.get(&invocation.isolate.id).map(watch::Sender::subscribe);
    let Some(mut ended) = ended else { return no_result() };
    let store = Store::shared();
    let mut moved = store.moved();
    loop {
        let news = store.news(since);
        if !news.is_empty() {
            return json_text(&news);
        }
        tokio::select! {
            _ = moved.changed() => {}
            // An error means that the isolate is gone.
            _ = ended.wait_for(|ended| *ended) => return no_result(),
        }
    }
}

fn end(state: &Mutex<State>, isolate: u32) {
    let mut state = lock(state);
    if let Some(listener) = state.listeners.get(&isolate) {
        listener.send_replace(true);
    }
    if let Some((_, watch)) = state.watch.take_if(|(owner, _)| *owner == isolate) {
        watch.stop();
    }
}
