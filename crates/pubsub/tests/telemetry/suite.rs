//! What every provider's messages tell of themselves: traces that lead from a request to the last subscriber, and metrics.

#![allow(unreachable_pub, missing_docs, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "a test program may use a part of it")]

pub mod app;
pub mod kept;

use app::App;
use kept::{Kept, attribute, eventually, measured, names};
use twinloop_runtime::telemetry::{OperationKind, Span, SpanKind, SpanStatus, TraceId};

/// The part of each test: it opens nothing, and leaves the app open.
pub async fn one_trace_leads_from_a_request_to_the_last_subscriber(app: &App) {
    let kept = Kept::read();
    let request = app.request(true, Some("vendor=1")).await;
    let id = app.publish(Some(request.job), 0, "0", r#"{"n":1}"#).await.unwrap();
    let first = app.handling().await;
    app.publish(Some(first.job), 1, r#"{"delayMs":1}"#, r#"{"n":2}"#).await.unwrap();
    let second = app.handling().await;
    let place = request.place();
    for handling in [&first, &second] {
        assert_eq!(handling.get("request-id"), place.trace.to_string());
        assert_eq!((handling.get("sampled"), handling.get("tracestate")), ("1".into(), "vendor=1".into()));
    }
    app.succeed(&second);
    app.succeed(&first);
    request.end();

    let all = kept.operations(place.trace, 3).await;
    let process = |topic: usize| format!("process {}/s", app.topics[topic]);
    let of = |name: &str| all.iter().find(|one| one.root().name == name).unwrap();
    let (request, first_ended, second_ended) = (of("POST /"), of(&process(0)), of(&process(1)));
    let sent = request.span(&format!("send {}", app.topics[0]));
    assert_eq!((sent.kind, sent.parent), (SpanKind::Producer, Some(place.span)));
    assert_eq!(attribute(sent, "messaging.message.id"), id.trim_matches('"'));
    assert_eq!(attribute(sent, "messaging.destination.name"), app.topics[0]);
    assert_eq!(first_ended.root().parent, Some(sent.context.span));
    assert_eq!(first.get("span-id"), first_ended.root().context.span.to_string());
    let sent = first_ended.span(&format!("send {}", app.topics[1]));
    assert_eq!(sent.parent, Some(first_ended.span("handler").context.span));
    assert_eq!(first.get("handler-span-id"), first_ended.span("handler").context.span.to_string());
    assert_eq!(second_ended.root().parent, Some(sent.context.span));
    assert_eq!(second.get("span-id"), second_ended.root().context.span.to_string());
    for ended in [first_ended, second_ended] {
        let root = ended.root();
        assert_eq!((ended.kind, root.kind), (OperationKind::Message, SpanKind::Consumer));
        assert!(ended.is_exported && ended.state.as_deref() == Some("vendor=1"));
        assert_eq!(
            (attribute(root, "twinloop.outcome"), attribute(root, "twinloop.attempt")),
            ("done".into(), "1".into())
        );
        assert_eq!(attribute(root, "messaging.destination.subscription.name"), "s");
        for part in ["queue", "handler", "settle"] {
            assert_eq!(ended.span(part).parent, Some(root.context.span), "{part}");
        }
    }
}

pub async fn each_attempt_is_a_span_of_the_messages_trace(app: &App) {
    let kept = Kept::read();
    let request = app.request(false, None).await;
    app.publish(Some(request.job), 0, "0", "{}").await.unwrap();
    let place = request.place();
    request.end();
    for attempt in ["1", "2"] {
        let handling = app.handling().await;
        assert_eq!((handling.get("attempt"), handling.get("sampled")), (attempt.into(), "0".into()));
        app.fail(&handling);
    }
    let all = kept.operations(place.trace, 3).await;
    let (request, attempts) = all.split_first().unwrap();
    assert!(!request.is_exported, "the caller's decision is kept");
    let sent = request.span(&format!("send {}", app.topics[0]));
    for (ended, (attempt, outcome)) in attempts.iter().zip([("1", "retried"), ("2", "dead")]) {
        let root = ended.root();
        assert_eq!(root.parent, Some(sent.context.span));
        assert_eq!(attribute(root, "twinloop.attempt"), attempt);
        assert_eq!(attribute(root, "twinloop.outcome"), outcome);
        assert_eq!(attribute(root, "error.type"), "out_of_luck");
        assert!(matches!(&root.status, SpanStatus::Error(why) if why == "out_of_luck: not today"));
        assert!(ended.is_exported, "an error is exported whatever the head sampler said");
    }
    let topic = app.topics[0].as_str();
    assert_eq!(measured("twinloop.messaging.dead_letters", &[topic, "s", "retries_exhausted"]), Some(1.0));
    for outcome in ["retried", "dead"] {
        assert_eq!(measured("messaging.process.duration", &[topic, "s", outcome]), Some(1.0), "{outcome}");
    }
    assert_eq!(measured("twinloop.messaging.attempts", &[topic, "dead"]), Some(1.0));
    assert_eq!(measured("messaging.client.consumed.messages", &[topic, "s"]), Some(2.0));
}

pub async fn a_batch_is_one_span_and_a_refusal_an_error(app: &App) {
    let kept = Kept::read();
    let request = app.request(true, None).await;
    app.publish_batch(Some(request.job), 0, "[1,2,3]").await;
    let large = "x".repeat(2000);
    app.publish(Some(request.job), 0, "0", &format!("{large:?}")).await.unwrap_err();
    for _ in 0..3 {
        app.succeed(&app.handling().await);
    }
    let trace = request.place().trace;
    request.end();
    let all = kept.operations(trace, 4).await;
    let of_request = all.iter().find(|one| one.kind == OperationKind::Request).unwrap();
    let [sent, refused] = &of_request.spans[1..] else { panic!("{:?}", names(&of_request.spans)) };
    assert_eq!(attribute(sent, "messaging.batch.message_count"), "3");
    assert_eq!(attribute(refused, "error.type"), "invalid_argument");
    assert!(refused.is_error());
    for ended in all.iter().filter(|one| one.kind == OperationKind::Message) {
        assert_eq!(ended.root().parent, Some(sent.context.span));
    }
    let topic = app.topics[0].as_str();
    assert_eq!(measured("messaging.client.sent.messages", &[topic, ""]), Some(3.0));
    assert_eq!(measured("messaging.client.sent.messages", &[topic, "invalid_argument"]), Some(1.0));
    assert_eq!(measured("messaging.client.operation.duration", &[topic, ""]), Some(1.0));
}

pub async fn messages_that_are_handled_in_a_batch_share_a_span_that_links_to_their_publishers(app: &App) {
    let kept = Kept::read();
    let mut publishers = Vec::new();
    let mut ids = Vec::new();
    for n in 1..=2 {
        let request = app.request(true, None).await;
        let id = app.publish(Some(request.job), 2, "0", &format!("{{\"n\":{n}}}")).await.unwrap();
        ids.push(id.trim_matches('"').to_owned());
        let trace = request.place().trace;
        request.end();
        let all = kept.operations(trace, 1).await;
        publishers.push(all[0].span(&format!("send {}", app.topics[2])).context);
    }
    let batch = app.handling().await;
    assert_eq!(batch.body, r#"[{"n":1},{"n":2}]"#);
    app.fail_one(&batch, 1);
    let again = app.handling().await;
    assert_eq!(again.body, r#"[{"n":2}]"#);
    let known: serde_json::Value = serde_json::from_str(&again.get("messages")).unwrap();
    assert_eq!((&known[0][0], &known[0][1]), (&ids[1].as_str().into(), &2.into()));
    let traces = [&batch, &again].map(|one| TraceId::read(&one.get("request-id")).unwrap());
    app.succeed(&again);

    let [first, second] = [kept.operations(traces[0], 1).await, kept.operations(traces[1], 1).await];
    let (first, second) = (first[0].root(), second[0].root());
    for span in [first, second] {
        assert_eq!(
            (span.name.as_ref(), span.kind),
            (&*format!("process {}/s", app.topics[2]), SpanKind::Consumer)
        );
        assert_eq!(span.parent, None);
    }
    assert_eq!(attribute(first, "messaging.batch.message_count"), "2");
    assert_eq!(attribute(first, "twinloop.outcome"), "retried");
    assert_eq!(attribute(first, "error.type"), "out_of_luck");
    let text = "1 of 2 messages failed: out_of_luck: not today";
    assert_eq!(first.status, SpanStatus::Error(text.into()));
    assert_eq!((attribute(second, "twinloop.outcome"), second.is_error()), ("done".into(), false));
    let linked = |span: &Span| {
        span.links.iter().map(|link| (link.context.trace, link.context.span)).collect::<Vec<_>>()
    };
    let expected: Vec<_> = publishers.iter().map(|place| (place.trace, place.span)).collect();
    assert_eq!(linked(first), expected);
    assert_eq!(linked(second), expected[1..]);
    let topic = app.topics[2].as_str();
    assert_eq!(measured("messaging.client.consumed.messages", &[topic, "s"]), Some(3.0));
}

pub async fn a_publish_outside_of_any_operation_begins_a_trace(app: &App) {
    let kept = Kept::read();
    app.publish(None, 0, "0", "{}").await.unwrap();
    let handling = app.handling().await;
    app.succeed(&handling);
    let trace = twinloop_runtime::telemetry::TraceId::read(&handling.get("request-id")).unwrap();
    let all = kept.operations(trace, 2).await;
    let of = |kind| all.iter().find(|one| one.kind == kind).unwrap();
    let (call, message) = (of(OperationKind::Call).root(), of(OperationKind::Message).root());
    assert_eq!((call.parent, message.parent), (None, Some(call.context.span)));
    assert_eq!(handling.get("traceparent"), call.context.to_string());

    // A span of user code, which JavaScript tells, is the parent where there is no operation.
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    app.publish(None, 0, &format!("\"{given} vendor=2\""), "{}").await.unwrap();
    let handling = app.handling().await;
    app.succeed(&handling);
    assert_eq!(handling.get("request-id"), given[3..35]);
    assert_eq!(handling.get("tracestate"), "vendor=2");
}

pub async fn queues_are_measured_while_metrics_are_read(app: &App) {
    Kept::read();
    app.publish(None, 1, "0", "{}").await.unwrap();
    let handling = app.handling().await;
    app.publish(None, 0, r#"{"delayMs":3600000}"#, "{}").await.unwrap();
    let topic = app.topics[0].as_str();
    eventually("the depth", || {
        measured("twinloop.messaging.queue.depth", &[topic, "s", "delayed"]).filter(|&count| count > 0.5)
    })
    .await;
    assert_eq!(measured("twinloop.messaging.queue.age", &[topic, "s"]), Some(0.0));
    app.succeed(&handling);
}

/// Creates one test for each case, over the apps that `$open` opens.
macro_rules! telemetry_suite {
    ($open:expr) => {
        $crate::telemetry::telemetry_tests! { $open,
            one_trace_leads_from_a_request_to_the_last_subscriber,
            each_attempt_is_a_span_of_the_messages_trace,
            a_batch_is_one_span_and_a_refusal_an_error,
            messages_that_are_handled_in_a_batch_share_a_span_that_links_to_their_publishers,
            a_publish_outside_of_any_operation_begins_a_trace,
            queues_are_measured_while_metrics_are_read,
        }
    };
}

macro_rules! telemetry_tests {
    ($open:expr, $($case:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let place = $open.await;
                let app = place.app().await;
                $crate::telemetry::$case(&app).await;
                app.close().await;
                place.remove().await;
            }
        )*
    };
}

pub(crate) use {telemetry_suite, telemetry_tests};
