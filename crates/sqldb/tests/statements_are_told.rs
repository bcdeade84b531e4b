//! What telemetry tells of statements, transactions and pools, on a real server. Telemetry is the process's: one test at a time.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use caller::{Caller, LIMITS, core, url};
use twinloop_runtime::mailbox::{Batch, ITEM_INTS, Kind};
use twinloop_runtime::telemetry::{
    AccessEntry, CallOrigin as Origin, FinishedOperation, Measured, NEVER, OperationKind, OperationTrace,
    Point, Span, SpanKind, SpanStatus, TelemetryReader, TraceContext, Value, telemetry,
};
use twinloop_runtime::{Invocation, lock};

#[path = "support/caller.rs"]
mod caller;

const CANCEL: i32 = 3;
const RELEASE: i32 = 5;
const STREAM: i32 = 7;
const NEXT: i32 = 8;
const END_STREAM: i32 = 9;
const LISTEN: i32 = 10;
const COPY_IN: i32 = 13;
const COPY_WRITE: i32 = 14;
const COPY_END: i32 = 15;
const COPY_OUT: i32 = 16;
const COPY_READ: i32 = 17;
const CLOSE: i32 = 19;
const ABANDON: i32 = 22;

/// Keeps what is handed over.
#[derive(Default)]
struct Kept(Mutex<Vec<FinishedOperation>>);

impl TelemetryReader for Kept {
    fn wants_traces(&self) -> bool {
        true
    }

    fn finished(&self, operation: FinishedOperation) {
        lock(&self.0).push(operation);
    }

    fn access(&self, _: &AccessEntry<'_>) {}
}

/// A test that has telemetry to itself; nobody looks any more when it is dropped.
struct Watch {
    kept: Arc<Kept>,
    /// The first isolate, which gets the log.
    log: &'static Caller,
    _alone: MutexGuard<'static, ()>,
}

impl Watch {
    fn begin() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        static LOG: OnceLock<Caller> = OnceLock::new();
        let alone = lock(&ALONE);
        let log = LOG.get_or_init(Caller::new);
        let kept = Arc::new(Kept::default());
        telemetry().read_by(Some(Arc::<Kept>::clone(&kept)));
        telemetry().settings.collect(true, false);
        telemetry().settings.set_reads_metrics(true);
        Self { kept, log, _alone: alone }
    }

    /// The spans that have ended since, once there are so many.
    fn spans(&self, count: usize) -> Vec<Span> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while lock(&self.kept.0).iter().map(|operation| operation.spans.len()).sum::<usize>() < count {
            assert!(Instant::now() < deadline, "{count} spans, not {:?}", lock(&self.kept.0));
            std::thread::sleep(Duration::from_millis(5));
        }
        let spans: Vec<Span> = std::mem::take(&mut *lock(&self.kept.0))
            .into_iter()
            .flat_map(|operation| operation.spans)
            .collect();
        assert_eq!(spans.len(), count, "{spans:#?}");
        spans
    }

    fn span(&self) -> Span {
        self.spans(1).remove(0)
    }

    /// The lines of the log since, that hold a text.
    fn lines(&self, text: &str) -> Vec<serde_json::Value> {
        let mut lines = Vec::new();
        let mut batch = Batch::default();
        loop {
            self.log.0.port.drain(&mut batch, 1);
            let Some(item) = batch.ints().chunks(ITEM_INTS).next() else { return lines };
            let line = String::from_utf8([batch.narrow(), batch.wide()].concat()).unwrap();
            if item[0] & 0xff == Kind::Log as i32 && line.contains(text) {
                lines.push(serde_json::from_str(&line).unwrap());
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        telemetry().settings.collect(false, false);
        telemetry().settings.set_reads_metrics(false);
        telemetry().settings.set_slow_query(NEVER);
        telemetry().read_by(None);
    }
}

/// An attribute as a text.
fn text<'a>(span: &'a Span, name: &str) -> Option<&'a str> {
    match span.attribute(name)? {
        Value::Text(text) => Some(text),
        other => panic!("{name} is {other:?}"),
    }
}

fn rows(span: &Span) -> Option<&Value> {
    span.attribute("db.response.returned_rows")
}

/// The series of a metric that have all these values of labels.
fn series(metric: &str, labels: &[&str]) -> Vec<Point> {
    let all = telemetry().metrics.collect().into_iter().filter(|one| one.spec.name == metric);
    let has = |point: &Point| labels.iter().all(|label| point.labels.iter().any(|other| other == label));
    all.flat_map(|one| one.points).filter(has).collect()
}

fn number(metric: &str, labels: &[&str]) -> Option<f64> {
    match series(metric, labels).first()?.measured {
        Measured::Number(value) => Some(value),
        Measured::Histogram { .. } => None,
    }
}

/// The number of measurements of a histogram, and their sum.
fn measured(metric: &str, labels: &[&str]) -> (u64, f64) {
    series(metric, labels).iter().fold((0, 0.0), |(all, whole), point| match &point.measured {
        Measured::Histogram { count, sum, .. } => (all + count, whole + sum),
        Measured::Number(_) => (all, whole),
    })
}

fn until(what: &str, mut probe: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !probe() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_query_is_told_with_the_conventions_names_and_without_its_parameters() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("told");
    let sql = "select n, $1::text from generate_series(1, 3) n -- ?";
    let argument = format!(r#"[[{pool},0,0],5000,0,0,0,{sql:?},["hunter2"]]"#);
    for _ in 0..2 {
        caller.call(2, &argument).unwrap();
    }
    let spans = watch.spans(2);
    let span = &spans[1];
    assert_eq!((&*span.name, span.kind, &span.status), ("SELECT test", SpanKind::Client, &SpanStatus::Unset));
    assert_eq!(text(span, "db.system.name"), Some("postgresql"));
    assert_eq!(text(span, "db.namespace"), Some("test"));
    assert_eq!(text(span, "db.query.text"), Some(sql));
    assert_eq!(text(span, "db.operation.name"), Some("SELECT"));
    assert_eq!(text(span, "server.address"), Some("127.0.0.1"));
    assert_eq!(span.attribute("server.port"), Some(&Value::Int(5432)));
    assert_eq!(rows(span), Some(&Value::Int(3)));
    assert!(matches!(span.attribute("twinloop.acquire_ms"), Some(Value::Float(wait)) if *wait >= 0.0));
    let duration = "db.client.operation.duration";
    assert_eq!(measured(duration, &["SELECT", "told", "postgresql", "test", "127.0.0.1", "5432"]).0, 2);
    assert!(measured(duration, &["SELECT", "told"]).1 > 0.0);
    let all = format!("{spans:?} {:?}", telemetry().metrics.collect());
    for secret in ["hunter2", "postgres://", "application_name"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }

    let long = format!("select 1 /* {} */", "é".repeat(8000));
    caller.query(pool, "0,0", &long).unwrap();
    let told = watch.span();
    assert_eq!(text(&told, "db.query.text").unwrap().len(), 8 << 10, "cut at a character's border");

    caller.query(pool, "0,0", "drop table if exists told_rows; create table told_rows (n int8)").unwrap();
    assert_eq!(&*watch.span().name, "BATCH test");
    caller.query(pool, "0,0", "insert into told_rows select generate_series(1, 5)").unwrap();
    let insert = watch.span();
    assert_eq!((&*insert.name, text(&insert, "db.collection.name")), ("INSERT told_rows", Some("told_rows")));
    assert_eq!(rows(&insert), Some(&Value::Int(0)));
    caller.call(LISTEN, &format!(r#"[{pool},"news"]"#)).unwrap();
    assert_eq!(text(&watch.span(), "db.operation.name"), Some("LISTEN"));
}

#[test]
fn a_failed_query_has_its_sqlstate_and_no_value() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("failed");
    caller.query(pool, "0,0", "select * from no_such_table").unwrap_err();
    let span = watch.span();
    assert_eq!(&*span.name, "SELECT no_such_table");
    assert_eq!(text(&span, "db.response.status_code"), Some("42P01"));
    assert_eq!(text(&span, "error.type"), Some("42P01"));
    assert_eq!(span.status, SpanStatus::Error("relation \"no_such_table\" does not exist".into()));
    assert_eq!(measured("db.client.operation.duration", &["SELECT", "42P01", "failed"]).0, 1);

    let argument = format!(r#"[[{pool},0,0],5000,0,0,0,"select $1::text::int4",["hunter2"]]"#);
    let told = caller.call(2, &argument).unwrap_err();
    assert!(told.contains("hunter2"), "the caller is told: {told}");
    let misfit = format!(r#"[[{pool},0,0],5000,0,0,0,"select $1::int4",["hunter3"]]"#);
    caller.call(2, &misfit).unwrap_err();
    let spans = watch.spans(2);
    assert_eq!(text(&spans[0], "error.type"), Some("22P02"));
    assert!(spans.iter().all(Span::is_error));
    assert!(!format!("{spans:?}").contains("hunter"), "{spans:?}");
}

#[test]
fn a_query_that_is_given_up_or_too_slow_is_told_as_such() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("given-up");
    caller.call(CANCEL, "77").unwrap();
    caller.call(2, &format!(r#"[[{pool},0,0],5000,77,0,0,"select pg_sleep(9)",[]]"#)).unwrap_err();
    assert_eq!(text(&watch.span(), "error.type"), Some("canceled"));
    caller.call(2, &format!(r#"[[{pool},0,0],50,0,0,0,"select pg_sleep(9)",[]]"#)).unwrap_err();
    let span = watch.span();
    assert_eq!(text(&span, "error.type"), Some("query_timeout"));
    assert_eq!(text(&span, "db.response.status_code"), Some("57014"));
    assert!(span.end_ns - span.start_ns < 5_000_000_000);
}

#[test]
fn a_transaction_has_its_statements_below_it_and_its_outcome() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("transactions-told");
    let begin = || caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    let session = begin();
    caller.query(pool, &format!("{session},1"), "select 1").unwrap();
    caller.query(pool, &format!("{session},2"), "commit").unwrap();
    caller.call(RELEASE, &format!("[[{pool},{session},3],false]")).unwrap();
    let spans = watch.spans(4);
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["transaction", "BEGIN test", "SELECT test", "COMMIT test"]);
    assert!(spans[1..].iter().all(|span| span.parent == Some(spans[0].context.span)));
    assert_eq!(text(&spans[0], "twinloop.outcome"), Some("commit"));
    assert_eq!(text(&spans[0], "db.namespace"), Some("test"));
    assert!(spans[0].attribute("twinloop.acquire_ms").is_some() && !spans[0].is_error());

    let session = begin();
    caller.query(pool, &format!("{session},1"), "select 1/0").unwrap_err();
    caller.query(pool, &format!("{session},2"), "commit").unwrap_err();
    let spans = watch.spans(4);
    assert_eq!(text(&spans[0], "twinloop.outcome"), Some("rollback"));
    assert_eq!(text(&spans[2], "db.response.status_code"), Some("22012"));
    assert_eq!(text(&spans[3], "error.type"), Some("transaction_aborted"));
    caller.call(RELEASE, &format!("[[{pool},{session},3],false]")).unwrap();

    // Given back without an end, and left to itself.
    let session = begin();
    caller.call(RELEASE, &format!("[[{pool},{session},1],false]")).unwrap();
    let spans = watch.spans(2);
    assert_eq!((text(&spans[0], "twinloop.outcome"), spans[0].is_error()), (Some("rollback"), false));
    let session = begin();
    caller.call(ABANDON, &session.to_string()).unwrap();
    let spans = watch.spans(2);
    assert_eq!(text(&spans[0], "error.type"), Some("abandoned"));

    // A session that begins a transaction by a statement of its own.
    let session = caller.acquire(&format!(r#"[{pool},5000,0,""]"#));
    for (number, sql) in [(1, "begin"), (2, "select 1"), (3, "rollback"), (4, "select 2")] {
        caller.query(pool, &format!("{session},{number}"), sql).unwrap();
    }
    let spans = watch.spans(5);
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["transaction", "BEGIN test", "SELECT test", "ROLLBACK test", "SELECT test"]);
    assert_eq!(text(&spans[0], "twinloop.outcome"), Some("rollback"));
    assert_ne!(spans[4].context.trace, spans[0].context.trace, "what comes after is not part of it");
    caller.call(RELEASE, &format!("[[{pool},{session},5],false]")).unwrap();
    assert!(measured("db.client.connection.use_time", &["transactions-told"]).0 >= 5);
}

#[test]
fn a_stream_is_one_span_until_its_end() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("streams-told");
    let many = "select n, repeat('x', 100) from generate_series(1, 3000) n";
    let open = |place: &str, sql: &str| {
        let piece = caller.call(STREAM, &format!("[[{pool},{place}],5000,0,0,0,{sql:?},[]]")).unwrap();
        piece.split_once('\n').unwrap().0.parse::<u32>().unwrap()
    };
    let rest = |session: u32, first: u32, handle: u32| {
        for number in first.. {
            let piece =
                caller.call(NEXT, &format!("[[{pool},{session},{number}],5000,0,{handle},0]")).unwrap();
            if piece.starts_with("0\n") {
                return;
            }
        }
    };
    assert_eq!(open("0,0", "select 1"), 0);
    assert_eq!(rows(&watch.span()), Some(&Value::Int(1)));
    rest(0, 0, open("0,0", many));
    let span = watch.span();
    assert_eq!((text(&span, "db.query.text"), rows(&span)), (Some(many), Some(&Value::Int(3000))));

    // Ended early: the rows so far, and no failure.
    let handle = open("0,0", many);
    caller.call(END_STREAM, &format!("[[{pool},0,0],{handle}]")).unwrap();
    let span = watch.span();
    assert!(!span.is_error());
    assert!(matches!(rows(&span), Some(Value::Int(1..3000))), "{span:?}");

    // In a transaction it is a cursor, told as the statement that was asked for.
    let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    let handle = open(&format!("{session},1"), many);
    rest(session, 2, handle);
    caller.call(ABANDON, &session.to_string()).unwrap();
    let spans = watch.spans(3);
    let cursor = spans.iter().find(|span| text(span, "db.query.text") == Some(many)).unwrap();
    assert_eq!((rows(cursor), cursor.parent), (Some(&Value::Int(3000)), Some(spans[0].context.span)));

    // One that fails on its way, and one whose isolate goes.
    let fails = "select 1 / (2500 - n), repeat('x', 100) from generate_series(1, 3000) n";
    let handle = open("0,0", fails);
    while caller.call(NEXT, &format!("[[{pool},0,0],5000,0,{handle},0]")).is_ok() {}
    assert_eq!(text(&watch.span(), "db.response.status_code"), Some("22012"));
    open("0,0", many);
    core().detach(caller.0.id);
    assert!(!watch.span().is_error());
}

#[test]
fn a_copy_is_one_span_until_its_end() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("copies-told");
    caller.query(pool, "0,0", "drop table if exists copied; create table copied (n int8)").unwrap();
    watch.span();
    let open = |operation: i32, sql: &str| {
        caller
            .call(operation, &format!("[[{pool},0,0],5000,{sql:?}]"))
            .map(|number| number.parse::<u32>().unwrap())
    };
    let handle = open(COPY_IN, "copy copied from stdin").unwrap();
    for _ in 0..3 {
        let blob = caller.0.blobs.put("1\n2\n".into());
        caller.call(COPY_WRITE, &format!("[{handle},{blob}]")).unwrap();
    }
    assert_eq!(caller.call(COPY_END, &format!("[{handle},true]")).unwrap(), "6");
    let span = watch.span();
    assert_eq!((&*span.name, rows(&span)), ("COPY copied", Some(&Value::Int(0))));

    let handle = open(COPY_OUT, "copy copied to stdout").unwrap();
    while !caller.call(COPY_READ, &handle.to_string()).unwrap().is_empty() {}
    assert_eq!(rows(&watch.span()), Some(&Value::Int(6)));

    open(COPY_IN, "copy nowhere from stdin").unwrap_err();
    open(COPY_OUT, "select 1").unwrap_err();
    let handle = open(COPY_IN, "copy copied from stdin").unwrap();
    let blob = caller.0.blobs.put("hunter2\n".into());
    caller.call(COPY_WRITE, &format!("[{handle},{blob}]")).unwrap();
    caller.call(COPY_END, &format!("[{handle},true]")).unwrap_err();
    let spans = watch.spans(3);
    let kinds: Vec<_> = spans.iter().map(|span| text(span, "error.type").unwrap()).collect();
    assert_eq!(kinds, ["42P01", "invalid_parameter", "22P02"]);
    assert!(!format!("{spans:?}").contains("hunter2"));

    // An isolate that goes in the middle of one.
    open(COPY_OUT, "copy (select repeat('x', 100) from generate_series(1, 100000)) to stdout").unwrap();
    core().detach(caller.0.id);
    assert_eq!(text(&watch.span(), "error.type"), Some("canceled"));
}

#[test]
fn an_exhausted_pool_shows_who_waits_and_for_how_long() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("exhausted");
    let sessions: Vec<u32> = (0..4).map(|_| caller.acquire(&format!(r#"[{pool},5000,0,""]"#))).collect();
    assert_eq!(number("db.client.connection.count", &["exhausted", "used"]), Some(4.0));
    assert_eq!(number("db.client.connection.count", &["exhausted", "idle"]), Some(0.0));
    assert_eq!(number("db.client.connection.max", &["exhausted"]), Some(4.0));
    assert_eq!(measured("db.client.connection.create_time", &["exhausted"]).0, 4);
    let told = caller.acquire_error(&format!(r#"[{pool},10000,0,"begin"]"#));
    assert!(told.contains("acquire_timeout"), "{told}");
    assert_eq!(number("db.client.connection.timeouts", &["exhausted"]), Some(1.0));
    let transaction = watch.span();
    assert_eq!(text(&transaction, "error.type"), Some("acquire_timeout"));

    let waiting = Caller::new();
    let waits = std::thread::spawn(move || waiting.query(pool, "0,0", "select 1"));
    let pending = || number("db.client.connection.pending_requests", &["exhausted"]);
    until("nobody waits", || pending() == Some(1.0));
    std::thread::sleep(Duration::from_millis(30));
    caller.call(RELEASE, &format!("[[{pool},{},1],false]", sessions[0])).unwrap();
    waits.join().unwrap().unwrap();
    let span = watch.span();
    assert!(matches!(span.attribute("twinloop.acquire_ms"), Some(Value::Float(wait)) if *wait >= 30.0));
    assert!(measured("db.client.connection.wait_time", &["exhausted"]).1 >= 0.03);
    assert_eq!(pending(), Some(0.0));

    caller.call(CLOSE, &pool.to_string()).unwrap();
    assert!(series("db.client.connection.max", &["exhausted"]).is_empty(), "a closed pool tells nothing");
    assert!(series("db.client.operation.duration", &["exhausted"]).is_empty());
}

#[test]
fn slow_queries_are_logged_without_parameters_and_not_without_end() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("slow");
    caller.query(pool, "0,0", "select 1").unwrap();
    telemetry().settings.set_slow_query(Duration::from_millis(20));
    watch.lines("slow query");
    let sql = "select pg_sleep(0.03), $1::text from generate_series(1, 2)";
    caller.call(2, &format!(r#"[[{pool},0,0],5000,0,0,0,{sql:?},["hunter2"]]"#)).unwrap();
    caller.query(pool, "0,0", "select pg_sleep(0.03), 1/(random()*0)::int").unwrap_err();
    let spans = watch.spans(3);
    let lines = watch.lines("slow query");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let fields = &lines[0]["fields"];
    assert_eq!(fields["query"], sql);
    assert_eq!((fields["rows"].as_u64(), fields["database"].as_str()), (Some(2), Some("test")));
    assert!(fields["durationMs"].as_f64().unwrap() >= 30.0);
    assert_eq!(fields["trace_id"], spans[1].context.trace.to_string());
    assert_eq!(fields["span_id"], spans[1].context.span.to_string());
    assert_eq!(lines[1]["fields"]["sqlstate"], "22012");
    assert!(!format!("{lines:?}").contains("hunter2"));

    // Only the first ten of a second, then the number of the others.
    telemetry().settings.set_slow_query(Duration::from_nanos(1));
    std::thread::sleep(Duration::from_secs(1));
    for _ in 0..200 {
        caller.query(pool, "0,0", "select 1").unwrap();
    }
    telemetry().settings.set_slow_query(NEVER);
    let mut lines = watch.lines("slow quer");
    until("the others are not counted", || {
        lines.extend(watch.lines("slow quer"));
        lines.iter().any(|line| line["fields"]["leftOut"].is_u64())
    });
    let left_out: u64 = lines.iter().filter_map(|line| line["fields"]["leftOut"].as_u64()).sum();
    let told = lines.iter().filter(|line| line["fields"]["query"].is_string()).count() as u64;
    assert_eq!(told + left_out, 200);
    assert!((10..=30).contains(&told), "{told}");
    watch.spans(200);
}

#[test]
fn a_trace_comment_names_the_statements_own_span() {
    let watch = Watch::begin();
    let caller = Caller::new();
    let pool = caller.open("commented");
    let operation = TraceContext::root(true);
    let asked = "select query from pg_stat_activity where pid = pg_backend_pid()";
    // As JavaScript sends it: used once, with the operation's own place.
    let argument = |pool: u32, comment: TraceContext| {
        let sql = format!("{asked}\n/*traceparent='{comment}'*/");
        serde_json::json!([[pool, 0, 0], 5000, 0, 16, 0, sql, []]).to_string()
    };
    // Outside of any operation the statement has a trace of its own, and the text is sent as it is.
    let sent = caller.call(2, &argument(pool, operation)).unwrap();
    assert!(sent.contains(&operation.to_string()), "{sent}");
    watch.span();
    let trace = OperationTrace::begin(OperationKind::Request, operation, None, None).unwrap();
    let (sender, done) = std::sync::mpsc::channel();
    let origin = Origin::new(Some(Arc::clone(&trace)), None);
    let component = twinloop_sqldb::component();
    // The component of its own opens its first pool.
    let payload = argument(1, operation).into();
    let isolate = Arc::clone(&caller.0);
    let opened = format!("[{:?},{LIMITS},false,\"commented\"]", url("commented"));
    core().spawn("test", async move {
        let invocation = |operation, payload| Invocation {
            core: core(),
            isolate: Arc::clone(&isolate),
            caller: origin.clone(),
            operation,
            payload,
        };
        component.call(invocation(1, opened.into())).await.unwrap();
        let answer = component.call(invocation(2, payload)).await.unwrap();
        sender.send(String::from_utf8(answer.bytes).unwrap()).unwrap();
    });
    let sent = done.recv_timeout(Duration::from_secs(10)).unwrap();
    trace.end(trace.root("GET /", SpanKind::Server));
    let spans = watch.spans(2);
    assert_eq!(spans[1].parent, Some(operation.span));
    assert!(sent.contains(&format!("traceparent='{}'", spans[1].context)), "{sent} {spans:?}");
}

#[test]
fn statements_of_components_belong_to_whom_they_work_for() {
    let watch = Watch::begin();
    let (caller, url) = (Caller::new(), url("components-told"));
    let pool = caller.open_at(&url, "components-told");
    let operation =
        OperationTrace::begin(OperationKind::Request, TraceContext::root(true), None, None).unwrap();
    let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    let isolate = caller.0.id;
    let (sender, done) = std::sync::mpsc::channel();
    let origin = Origin::new(Some(Arc::clone(&operation)), None);
    core().spawn("test", async move {
        let sql = core().sql().unwrap();
        let shared = sql.open(&url, 4).unwrap();
        shared.query("select 'of its own accord'", Vec::new()).await.unwrap();
        let asked = async {
            shared.query("select 'asked'", Vec::new()).await.unwrap();
            let transaction = shared.begin().await.unwrap();
            transaction.execute("select 'within'", Vec::new()).await.unwrap();
            transaction.commit().await.unwrap();
        };
        origin.scope(asked).await;
        let joined = sql.join(isolate, session, 1).await.unwrap();
        joined.query("select 'joined'", Vec::new()).await.unwrap();
        drop(joined);
        sender.send(()).unwrap();
    });
    done.recv_timeout(Duration::from_secs(10)).unwrap();
    operation.end(operation.root("POST /orders", SpanKind::Server));
    let spans = watch.spans(5);
    let of = |literal: &str| {
        spans.iter().find(|span| text(span, "db.query.text").is_some_and(|text| text.contains(literal)))
    };
    let transaction = spans.iter().find(|span| span.name == "transaction").unwrap();
    assert_eq!(of("asked").unwrap().parent, Some(operation.context().span));
    assert_eq!(transaction.parent, Some(operation.context().span));
    assert_eq!(of("within").unwrap().parent, Some(transaction.context.span));
    assert_eq!(text(transaction, "twinloop.outcome"), Some("commit"));
    assert!(of("own accord").is_none());
    caller.query(pool, &format!("{session},2"), "rollback").unwrap();
    let spans = watch.spans(4);
    assert_eq!(text(&spans[2], "db.query.text"), Some("select 'joined'"), "below the isolate's transaction");
    assert_eq!(spans[2].parent, Some(spans[0].context.span));
}

#[test]
fn while_nobody_looks_nothing_is_told() {
    drop(Watch::begin());
    let caller = Caller::new();
    let pool = caller.open("unwatched");
    caller.query(pool, "0,0", "select 1").unwrap();
    assert!(series("db.client.operation.duration", &["unwatched"]).is_empty());
    assert_eq!(measured("db.client.connection.wait_time", &["unwatched"]).0, 0);
    assert_eq!(number("db.client.connection.max", &["unwatched"]), Some(4.0));
}
