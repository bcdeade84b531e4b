//! An app without JavaScript: an isolate that calls pubsub and handles its messages as the test says, through the crossing.

use std::any::Any;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use twinloop_runtime::mailbox::{Batch, Context, Job, Kind, Limits, Pending, Text};
use twinloop_runtime::telemetry::{OperationKind, OperationTrace, SpanKind, TraceContext};
use twinloop_runtime::{Component, Core, Isolate, lock};

use super::kept::eventually;

const CALL: i32 = 5 | (1 << 8);
const CALLER: i32 = 12;
const NO_JOB: i32 = -1;
const REPLY: i32 = 1 | (1 << 8);
const FAIL: i32 = 4 | (1 << 8);

/// The components of the test's core, by their numbers.
pub const SQLDB: i32 = 0;
const PUBSUB: i32 = 1;

/// What the runtime knows of a request.
struct RequestContext(Arc<OperationTrace>);

impl Context for RequestContext {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
    fn all(&self) -> String {
        String::new()
    }
    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(Arc::<OperationTrace>::clone(&self.0))
    }
}

/// A request that a handler is working on.
pub struct Request {
    pub operation: Arc<OperationTrace>,
    pub job: i32,
    /// Dropping it ends the job.
    _pending: Pending,
}

impl Request {
    pub fn place(&self) -> TraceContext {
        self.operation.context()
    }

    pub fn end(self) {
        self.operation.end(self.operation.root("POST /", SpanKind::Server));
    }
}

/// A message that a handler is working on.
pub struct Handling {
    pub job: i32,
    pub body: String,
    context: Arc<dyn Context>,
}

impl Handling {
    pub fn get(&self, name: &str) -> String {
        self.context.get(name).unwrap_or_default()
    }
}

/// An app with the topics `first`, `second` and `batched`, each with the subscription `s` of one retry; that of `batched` is handled in
/// batches of two.
pub struct App {
    core: &'static Core,
    isolate: Arc<Isolate>,
    broker: u64,
    /// The names of the topics, which are the test's own.
    pub topics: [String; 3],
    calls: AtomicI32,
    arrived: Mutex<Vec<(Kind, i32, String)>>,
}

/// Starts the core of the test program; `sqldb` is the component that speaks to PostgreSQL, where there is one.
pub fn core(sqldb: Option<Box<dyn Component>>) -> &'static Core {
    let no_sql = || twinloop_pubsub::component(0);
    let components = || vec![sqldb.unwrap_or_else(no_sql), twinloop_pubsub::component(1)];
    Core::get_or_build(components).unwrap()
}

impl App {
    /// Opens the broker at `url`, with the app's databases by their names.
    pub async fn open(core: &'static Core, url: &str, databases: &[(&str, &str)]) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let own = format!("{}-{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        let topics = ["first", "second", "batched"].map(|name| format!("{name}-{own}"));
        let isolate = core.attach(Limits::default(), || ());
        let (calls, arrived) = (AtomicI32::new(0), Mutex::default());
        let mut app = Self { core, isolate, broker: 0, topics, calls, arrived };
        let topic = |name: &String| {
            json!({
                "name": name, "type": null, "ordered": false, "orderingAttribute": null, "maxMessageBytes": 1000,
                "subscriptions": [{
                    "name": "s", "maxConcurrency": 10, "ackDeadlineMs": 60_000, "retentionMs": 600_000,
                    "timeoutMs": 60_000, "minBackoffMs": 1, "maxBackoffMs": 1, "maxRetries": 1,
                    "batch": name.starts_with("batched").then(|| json!({ "maxSize": 2, "maxWaitMs": 5_000 })),
                }],
            })
        };
        let databases: Vec<Value> =
            databases.iter().map(|(name, url)| json!({ "name": name, "url": url })).collect();
        let asked = json!({
            "url": url, "root": std::env::temp_dir().join(&own), "process": "here/1", "types": [],
            "topics": app.topics.iter().map(topic).collect::<Vec<_>>(), "databases": databases,
        });
        let opened = app.pubsub(None, "open", &asked.to_string()).await.unwrap();
        app.broker = serde_json::from_str::<Value>(&opened).unwrap()["broker"].as_u64().unwrap();
        app.pubsub(None, "subscribe", &format!("[{}]", app.broker)).await.unwrap();
        app
    }

    /// Makes a call of pubsub, by a job if one is given.
    pub async fn pubsub(&self, job: Option<i32>, operation: &str, arguments: &str) -> Result<String, String> {
        let known = twinloop_pubsub::PRIMITIVE.operations;
        let number = known.iter().find(|each| each.name() == operation).unwrap().number;
        self.call(job, PUBSUB, i32::from(number), arguments).await
    }

    /// Makes a call of a component and waits for its answer.
    pub async fn call(
        &self,
        job: Option<i32>,
        component: i32,
        operation: i32,
        arguments: &str,
    ) -> Result<String, String> {
        let id = self.calls.fetch_add(1, Ordering::Relaxed);
        let entries = [CALLER, job.unwrap_or(NO_JOB), 0, CALL, id, component | (operation << 16)];
        self.isolate.port.settle(&entries, 2, &Bytes::from(format!("{arguments}\n"))).unwrap();
        let (kind, text) = self
            .arrival("an answer", |kind, of| of == id && matches!(kind, Kind::Completed | Kind::Failed))
            .await;
        if kind == Kind::Completed { Ok(text) } else { Err(text) }
    }

    async fn arrival(&self, what: &str, is_it: impl Fn(Kind, i32) -> bool) -> (Kind, String) {
        let (kind, _, text) = eventually(what, || {
            self.drain();
            let mut arrived = lock(&self.arrived);
            let place = arrived.iter().position(|(kind, id, _)| is_it(*kind, *id))?;
            Some(arrived.remove(place))
        })
        .await;
        (kind, text)
    }

    fn drain(&self) {
        loop {
            let mut batch = Batch::default();
            self.isolate.port.drain(&mut batch, 1);
            let [head, id, ..] = batch.ints() else { return };
            let kinds = [Kind::Job, Kind::Completed, Kind::Failed];
            let Some(kind) = kinds.into_iter().find(|kind| *kind as i32 == head & 0xff) else { continue };
            let text = String::from_utf8([batch.narrow(), batch.wide()].concat()).unwrap();
            lock(&self.arrived).push((kind, *id, text));
        }
    }

    /// Begins a request, whose handler makes calls.
    pub async fn request(&self, is_sampled: bool, state: Option<&str>) -> Request {
        let place = TraceContext::root(is_sampled);
        let operation =
            OperationTrace::begin(OperationKind::Request, place, None, state.map(Arc::from)).unwrap();
        let context: Arc<dyn Context> = Arc::new(RequestContext(Arc::clone(&operation)));
        let job = Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context: Some(context),
            timeout: None,
            intake: None,
        };
        let pending = self.isolate.port.submit(job).unwrap_or_else(|refused| panic!("{refused:?}"));
        let job = self.next_job().await.0;
        Request { operation, job, _pending: pending }
    }

    async fn next_job(&self) -> (i32, String) {
        eventually("a job", || {
            self.drain();
            let mut arrived = lock(&self.arrived);
            let place = arrived.iter().position(|(kind, ..)| *kind == Kind::Job)?;
            let (_, id, text) = arrived.remove(place);
            Some((id, text))
        })
        .await
    }

    /// Publishes a body to a topic by its number; `options` are JSON.
    pub async fn publish(
        &self,
        job: Option<i32>,
        topic: usize,
        options: &str,
        body: &str,
    ) -> Result<String, String> {
        self.pubsub(job, "publish", &format!("[{},{topic},{options},{body}]", self.broker)).await
    }

    /// Publishes several bodies to a topic by its number.
    pub async fn publish_batch(&self, job: Option<i32>, topic: usize, bodies: &str) -> String {
        let arguments = format!("[{},{topic},0,{bodies}]", self.broker);
        self.pubsub(job, "publishBatch", &arguments).await.unwrap()
    }

    /// Waits for the next message.
    pub async fn handling(&self) -> Handling {
        let (job, body) = self.next_job().await;
        let context = self.isolate.port.context(u32::from_ne_bytes(job.to_ne_bytes())).unwrap();
        Handling { job, body, context }
    }

    pub fn succeed(&self, handling: &Handling) {
        self.isolate.port.settle(&[REPLY, handling.job, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    }

    /// Fails the message at a place of a batch, and succeeds with the others.
    pub fn fail_one(&self, handling: &Handling, index: usize) {
        let failed = json!([{ "index": index, "code": "out_of_luck", "message": "not today" }]);
        let answer = Bytes::from(format!("{failed}\n"));
        self.isolate.port.settle(&[REPLY, handling.job, 200], 1, &answer).unwrap();
    }

    pub fn fail(&self, handling: &Handling) {
        let error = Bytes::from_static(b"{\"code\":\"out_of_luck\",\"message\":\"not today\"}\n");
        self.isolate.port.settle(&[FAIL, handling.job, 500], 1, &error).unwrap();
    }

    pub async fn close(self) {
        self.pubsub(None, "drain", &format!("[{},1000]", self.broker)).await.unwrap();
        self.pubsub(None, "close", &format!("[{}]", self.broker)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.core.detach(self.isolate.id);
    }
}
