//! A real server on a real port, and an isolate made of Rust that counts what reaches it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use twinloop_mailbox::{Batch, Flag, ITEM_INTS, Kind, Limits, OUTBOX_INTS, Outgoing, PieceForm};
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Component, Core, Failure, Invocation, Isolate};

use crate::client::Client;

/// The process has one core, and every isolate that serves gets requests: one server at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What the isolate does with a request, by the endpoint's index.
const HELLO: u16 = 0;
const HANG: u16 = 1;
const BIG: u16 = 2;
const ECHO: u16 = 3;
const HIDDEN: u16 = 4;
const SPLIT: u16 = 5;
const BLOCK: u16 = 6;
const EVENTS: u16 = 7;
const STREAM: u16 = 8;
const COOKIES: u16 = 9;
const DEAF: u16 = 10;
/// No endpoint: what an isolate runs the app's own checks for.
const CHECKS: u16 = 11;
/// No endpoint: shapes errors, as a function of the app.
pub const SHAPES: u16 = 12;
/// No endpoint: fails to shape an error.
pub const MUTE: u16 = 13;

/// Bytes of the body of `/big`.
pub const BIG_BYTES: usize = 8 << 20;

/// What has reached the isolate.
#[derive(Default)]
pub struct Seen {
    requests: AtomicUsize,
    aborts: AtomicUsize,
    logs: Mutex<Vec<String>>,
    texts: Mutex<Vec<String>>,
    hanging: Mutex<Vec<i32>>,
    streams: Mutex<Vec<i32>>,
    reasons: Mutex<Vec<i32>>,
    credits: AtomicUsize,
    pieces: AtomicUsize,
    ends: Mutex<Vec<String>>,
    /// The method, path and route of each request whose error was shaped, as its context tells them.
    shaped: Mutex<Vec<Option<String>>>,
}

/// A listening server with its isolate.
pub struct Edge {
    pub port: u16,
    pub seen: Arc<Seen>,
    pub isolate: Arc<Isolate>,
    core: &'static Core,
    component: Arc<dyn Component>,
    _alone: MutexGuard<'static, ()>,
}

impl Seen {
    /// How many requests have come.
    pub fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Edge {
    /// With the default limits.
    pub fn start() -> Self {
        Self::with_limits(&json!({}))
    }

    /// With overrides of the limits.
    pub fn with_limits(limits: &Value) -> Self {
        Self::with_config(&config(limits))
    }

    /// With these arguments of `listen`.
    pub fn with_config(config: &Value) -> Self {
        Self::with_isolate(config, Limits::default())
    }

    /// With an isolate of these limits.
    pub fn with_isolate(config: &Value, limits: Limits) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let core = Core::get_or_build(Vec::new).unwrap();
        let seen = Arc::new(Seen::default());
        let isolate = attach(core, limits, &seen);
        let component: Arc<dyn Component> = Arc::from(twinloop_api::component(0));
        let mut edge = Self { port: 0, seen, isolate, core, component, _alone: alone };
        let answer = edge.call(1, config).unwrap();
        edge.port = u16::try_from(answer["port"].as_u64().unwrap()).unwrap();
        edge
    }

    /// Calls an operation of the component and waits for its answer.
    pub fn call(&self, operation: u16, arguments: &Value) -> Result<Value, Failure> {
        self.call_later(operation, arguments).recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// Calls an operation and returns where its answer will come.
    pub fn call_later(&self, operation: u16, arguments: &Value) -> Receiver<Result<Value, Failure>> {
        self.call_as(&self.isolate, operation, arguments)
    }

    fn call_as(
        &self,
        isolate: &Arc<Isolate>,
        operation: u16,
        arguments: &Value,
    ) -> Receiver<Result<Value, Failure>> {
        let (sender, receiver) = channel();
        let payload = Bytes::from(arguments.to_string());
        let invocation = Invocation {
            core: self.core,
            isolate: Arc::clone(isolate),
            caller: CallOrigin::default(),
            operation,
            payload,
        };
        let component = Arc::clone(&self.component);
        self.core.spawn("test", async move {
            let answer = component.call(invocation).await;
            let _ = sender.send(answer.map(|text| match &text.bytes[..] {
                b"" => Value::Null,
                written => serde_json::from_slice(written).unwrap(),
            }));
        });
        receiver
    }

    /// A new connection.
    pub fn connect(&self) -> Client {
        Client::connect(self.port)
    }

    /// The runtime that it runs on.
    pub fn core(&self) -> &'static Core {
        self.core
    }

    /// How many requests have reached the isolate.
    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// How many of its requests the isolate was told to give up.
    pub fn aborts(&self) -> usize {
        self.seen.aborts.load(Ordering::SeqCst)
    }

    /// How many lines were logged.
    pub fn logs(&self) -> usize {
        self.seen.logs.lock().unwrap().len()
    }

    /// How many lines with this text were logged.
    pub fn logged(&self, text: &str) -> usize {
        self.seen.logs.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }

    /// The text of the last request.
    pub fn last_text(&self) -> String {
        self.seen.texts.lock().unwrap().last().cloned().unwrap_or_default()
    }

    /// Why requests were given up, in order.
    pub fn abort_reasons(&self) -> Vec<i32> {
        self.seen.reasons.lock().unwrap().clone()
    }

    /// The request of the last error that was shaped; `None` where there was none.
    pub fn last_shaped(&self) -> Option<String> {
        self.seen.shaped.lock().unwrap().last().cloned().flatten()
    }

    /// How many pieces of streams have left, as the isolate was told.
    pub fn credits(&self) -> usize {
        self.seen.credits.load(Ordering::SeqCst)
    }

    /// How many pieces of input have reached the isolate.
    pub fn pieces(&self) -> usize {
        self.seen.pieces.load(Ordering::SeqCst)
    }

    /// Why inputs broke off, in order.
    pub fn ends(&self) -> Vec<String> {
        self.seen.ends.lock().unwrap().clone()
    }

    /// Adds a piece to every stream.
    pub fn stream_piece(&self, text: &str) {
        for id in self.seen.streams.lock().unwrap().iter() {
            reply(&self.isolate, Outgoing::Piece, *id, 0, format!("{text}\n").as_bytes());
        }
    }

    /// Ends every stream.
    pub fn end_streams(&self, whole: bool) {
        for id in self.seen.streams.lock().unwrap().drain(..) {
            reply(&self.isolate, Outgoing::End, id, i32::from(!whole), b"");
        }
    }

    /// Another isolate, which does the same and joins.
    pub fn join(&self) -> (Arc<Isolate>, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        let isolate = attach(self.core, Limits::default(), &seen);
        let joined = self.call_as(&isolate, 5, &config(&json!({})));
        assert!(joined.recv_timeout(Duration::from_secs(20)).unwrap().is_ok());
        (isolate, seen)
    }

    /// Ends an isolate, as the end of its thread would.
    pub fn kill(&self, isolate: &Isolate) {
        self.component.isolate_ended(isolate);
        self.core.detach(isolate.id);
    }

    /// Waits until `count` requests hang in the isolate.
    pub fn wait_for_hanging(&self, count: usize) {
        eventually(|| self.seen.hanging.lock().unwrap().len() >= count);
    }

    /// Answers everything that hangs.
    pub fn release(&self) {
        let ids = std::mem::take(&mut *self.seen.hanging.lock().unwrap());
        for id in ids {
            reply(&self.isolate, Outgoing::Reply, id, 200, b"{\"late\":true}\n");
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.call(2, &json!({ "graceMs": 0 }));
        self.core.detach(self.isolate.id);
    }
}

/// Waits for something that must happen soon.
pub fn eventually(happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it did not happen within ten seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The arguments of `listen`.
pub fn config(limits: &Value) -> Value {
    let endpoint = |name: &str, methods: Value, path: &str| json!({ "service": "test", "name": name, "methods": methods, "path": path, "expose": true, "request": null });
    let mut endpoints = vec![
        endpoint("hello", json!(["GET"]), "/hello"),
        endpoint("hang", json!(["GET"]), "/hang"),
        endpoint("big", json!(["GET"]), "/big"),
        endpoint("echo", json!(["POST", "PUT"]), "/echo/:id"),
        endpoint("hidden", json!(["GET"]), "/hidden"),
        endpoint("split", json!(["GET"]), "/split"),
        endpoint("block", json!(["GET"]), "/block"),
        endpoint("events", json!(["GET"]), "/events"),
        endpoint("stream", json!(["GET"]), "/stream/:id"),
        endpoint("cookies", json!(["GET"]), "/cookies"),
        endpoint("deaf", json!(["GET"]), "/deaf"),
    ];
    let messages = json!({ "incoming": { "fields": [], "body": 2, "bodyOptional": false } });
    for stream in [STREAM, COOKIES, DEAF] {
        endpoints[usize::from(stream)]["stream"] = messages.clone();
    }
    endpoints[usize::from(DEAF)]["stream"]["pingMs"] = json!(1_000);
    let field = |name: &str, from: &str, kind: u32| json!({ "name": name, "in": from, "wire": name, "type": kind, "optional": from != "path" });
    endpoints[usize::from(STREAM)]["request"] = json!({ "fields": [field("id", "path", 0), field("page", "query", 1)], "body": null, "bodyOptional": false });
    endpoints[usize::from(COOKIES)]["request"] =
        json!({ "fields": [field("session", "cookie", 0)], "body": null, "bodyOptional": false });
    endpoints[usize::from(HIDDEN)]["expose"] = json!(false);
    endpoints[usize::from(HANG)]["timeoutMs"] = json!(5_000);
    endpoints[usize::from(ECHO)]["bodyLimit"] = json!(100_000);
    endpoints[usize::from(ECHO)]["request"] = json!({
        "fields": [
            { "name": "id", "in": "path", "wire": "id", "type": 0, "optional": false },
            { "name": "tag", "in": "header", "wire": "x-tag", "type": 0, "optional": true },
            { "name": "page", "in": "query", "wire": "page", "type": 1, "optional": true },
        ],
        "body": 2,
        "bodyOptional": false,
    });
    let types = json!([
        { "kind": "string" },
        { "kind": "number", "int": true },
        { "kind": "object", "properties": [{ "name": "text", "type": 0, "optional": false }], "additional": null },
    ]);
    let policies = policies();
    for endpoint in &mut endpoints {
        endpoint["policies"] = policies.clone();
    }
    json!({
        "host": "127.0.0.1", "port": 0, "types": types, "endpoints": endpoints, "limits": limits, "policies": policies,
    })
}

/// Every policy where the tests are governed, otherwise none.
pub fn policies() -> Value {
    if !crate::IS_GOVERNED {
        return json!({});
    }
    json!({
        "cors": {
            "allowOriginsWithoutCredentials": ["*"], "allowOriginsWithCredentials": ["https://own.example"],
            "allowHeaders": ["*"], "exposeHeaders": ["*"], "maxAgeSeconds": 60, "debug": true,
        },
        "compression": { "encodings": ["br", "gzip", "zstd"], "minBytes": 0 },
        "rateLimit": { "name": "app", "limit": 1_000_000, "windowMs": 1_000, "burst": 1_000_000, "key": "address" },
        "securityHeaders": {
            "headers": [["x-frame-options", "DENY"]], "secureHeaders": [["strict-transport-security", "max-age=1"]],
        },
        "etag": true,
    })
}

fn attach(core: &'static Core, limits: Limits, seen: &Arc<Seen>) -> Arc<Isolate> {
    let (wake, woken): (Sender<()>, Receiver<()>) = channel();
    let isolate = core.attach(limits, move || {
        let _ = wake.send(());
    });
    let (seen, served) = (Arc::clone(seen), Arc::downgrade(&isolate));
    std::thread::spawn(move || {
        let mut batch = Batch::default();
        while let (Ok(()), Some(isolate)) = (woken.recv(), served.upgrade()) {
            while isolate.port.drain(&mut batch, 64) {
                take(&isolate, &mut batch, &seen);
            }
            take(&isolate, &mut batch, &seen);
            batch.clear();
        }
    });
    isolate
}

fn take(isolate: &Isolate, batch: &mut Batch, seen: &Seen) {
    let wide: Vec<u16> = String::from_utf8_lossy(batch.wide()).encode_utf16().collect();
    let mut from: HashMap<bool, usize> = HashMap::new();
    let mut own = 0..;
    for item in batch.ints().to_vec().chunks_exact(ITEM_INTS) {
        let flags = (item[0] >> 8) & 0xff;
        let end = usize::try_from(item[3]).unwrap();
        let text = if flags & Flag::Own as i32 != 0 {
            let taken = batch.take_own(own.next().unwrap()).unwrap();
            String::from_utf8_lossy(&taken.bytes).into_owned()
        } else {
            let is_wide = flags & Flag::Wide as i32 != 0;
            let start = from.insert(is_wide, end).unwrap_or(0);
            if is_wide {
                String::from_utf16_lossy(&wide[start..end])
            } else {
                String::from_utf8_lossy(&batch.narrow()[start..end]).into_owned()
            }
        };
        match item[0] & 0xff {
            kind if kind == Kind::Job as i32 => {
                seen.requests.fetch_add(1, Ordering::SeqCst);
                seen.texts.lock().unwrap().push(text.clone());
                handle(isolate, u16::try_from(item[0] >> 16).unwrap(), item[1], &text, seen);
            }
            kind if kind == Kind::Abort as i32 => {
                seen.aborts.fetch_add(1, Ordering::SeqCst);
                seen.reasons.lock().unwrap().push(item[2]);
            }
            kind if kind == Kind::Credit as i32 => {
                seen.credits.fetch_add(usize::try_from(item[2]).unwrap(), Ordering::SeqCst);
            }
            kind if kind == Kind::Piece as i32 && item[2] == PieceForm::Text as i32 => {
                seen.pieces.fetch_add(1, Ordering::SeqCst);
                reply(isolate, Outgoing::Pull, item[1], 1, b"");
                reply(isolate, Outgoing::Piece, item[1], 0, format!("{text}\n").as_bytes());
            }
            kind if kind == Kind::Piece as i32 => {
                seen.ends.lock().unwrap().push(text);
                reply(isolate, Outgoing::End, item[1], 0, b"");
            }
            kind if kind == Kind::Log as i32 => {
                println!("log: {text}");
                seen.logs.lock().unwrap().push(text);
            }
            _ => {}
        }
    }
}

fn handle(isolate: &Isolate, target: u16, id: i32, text: &str, seen: &Seen) {
    match target {
        HELLO => reply(isolate, Outgoing::Reply, id, 200, b"{\"hello\":\"world\"}\n"),
        HANG => seen.hanging.lock().unwrap().push(id),
        BIG => reply(isolate, Outgoing::Reply, id, 200, &[vec![b'x'; BIG_BYTES], b"\n".to_vec()].concat()),
        ECHO => reply(isolate, Outgoing::Reply, id, 200, format!("{text}\n").as_bytes()),
        SPLIT => reply(isolate, Outgoing::ReplyWithHeaders, id, 200, b"[[\"x-a\",\"b\\r\\nx-c: d\"]]\n{}\n"),
        BLOCK => {
            std::thread::sleep(Duration::from_secs(2));
            reply(isolate, Outgoing::Reply, id, 200, b"{}\n");
        }
        EVENTS => {
            // Under one lock, so that a client that has seen the beginning finds the stream there.
            let mut streams = seen.streams.lock().unwrap();
            streams.push(id);
            reply(isolate, Outgoing::Begin, id, 200, b"\n");
        }
        STREAM | COOKIES | DEAF => {
            let mut streams = seen.streams.lock().unwrap();
            streams.push(id);
            reply(isolate, Outgoing::Begin, id, 101, b"\n");
            if target != DEAF {
                reply(isolate, Outgoing::Pull, id, 4, b"");
            }
        }
        CHECKS => {
            reply(isolate, Outgoing::Reply, id, 200, b"[{\"name\":\"mail\",\"reason\":\"timed out\"}]\n");
        }
        SHAPES => {
            let context = isolate.port.context(id.cast_unsigned());
            let about = context.map(|context| {
                ["method", "path", "route"].map(|name| context.get(name).unwrap_or_default()).join(" ")
            });
            seen.shaped.lock().unwrap().push(about);
            let headers = b"[[\"x-form\",\"own\"]]\n{\"own\":true}\n";
            reply(isolate, Outgoing::ReplyWithHeaders, id, 418, headers);
        }
        MUTE => reply(isolate, Outgoing::Fail, id, 500, b"{}\n"),
        other => panic!("endpoint {other} cannot be reached"),
    }
}

fn reply(isolate: &Isolate, kind: Outgoing, id: i32, status: i32, text: &[u8]) {
    let segments = match kind {
        Outgoing::End | Outgoing::Pull => 0,
        Outgoing::ReplyWithHeaders | Outgoing::ReplyWithBlob => 2,
        _ => 1,
    };
    let entry: [i32; OUTBOX_INTS] = [kind as i32 | (segments << 8), id, status];
    isolate.port.settle(&entry, 1, &Bytes::copy_from_slice(text)).unwrap();
}
