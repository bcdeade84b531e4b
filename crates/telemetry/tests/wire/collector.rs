//! A collector of OTLP that decodes by the messages of `opentelemetry-proto`, and misbehaves as it is told.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;

/// What the collector does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Takes it.
    Take,
    /// Takes it, but for so many spans.
    Part(i64),
    /// Answers with this status.
    Refuse(u16),
    /// Answers with this status and `retry-after: 0`.
    Busy(u16),
    /// Takes it, and answers with garbage.
    Garbage,
    /// Does not answer.
    Hang,
}

/// What the collector has got.
#[derive(Default)]
pub(crate) struct Got {
    pub(crate) span_ids: HashSet<Vec<u8>>,
    pub(crate) spans: usize,
    pub(crate) traces: Vec<ExportTraceServiceRequest>,
    pub(crate) metrics: Vec<ExportMetricsServiceRequest>,
    pub(crate) attempts: usize,
    pub(crate) headers: Vec<http::HeaderMap>,
}

/// A collector that listens.
pub(crate) struct Collector {
    pub(crate) url: String,
    manner: Arc<Mutex<Vec<Manner>>>,
    pub(crate) got: Arc<Mutex<Got>>,
}

impl Collector {
    /// Starts a collector that behaves in these manners, request by request; the last one stays.
    pub(crate) async fn start(manners: &[Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let manner: Vec<Manner> = manners.iter().rev().copied().collect();
        let collector = Self { url, manner: Arc::new(Mutex::new(manner)), got: Arc::default() };
        let (manner, got) = (Arc::clone(&collector.manner), Arc::clone(&collector.got));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (manner, got) = (Arc::clone(&manner), Arc::clone(&got));
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, &manner, &got));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        collector
    }

    /// Changes how the collector behaves.
    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = vec![manner];
    }

    /// Waits until `is_met` says so of what was got.
    pub(crate) async fn until(&self, is_met: impl Fn(&Got) -> bool) {
        let met = async {
            while !is_met(&self.got.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let spans = || self.got.lock().unwrap().spans;
        tokio::time::timeout(Duration::from_secs(60), met)
            .await
            .unwrap_or_else(|_| panic!("{} spans came", spans()));
    }
}

async fn answer(
    request: Request<Incoming>,
    manner: &Mutex<Vec<Manner>>,
    got: &Mutex<Got>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let manner = {
        let mut manners = manner.lock().unwrap();
        if manners.len() > 1 { manners.pop().unwrap() } else { manners[0] }
    };
    got.lock().unwrap().attempts += 1;
    let status = |status: u16| Response::builder().status(status);
    Ok(match manner {
        Manner::Hang => std::future::pending().await,
        Manner::Refuse(code) => status(code).body(Full::from("no\nthanks")).unwrap(),
        Manner::Busy(code) => status(code).header("retry-after", "0").body(Full::default()).unwrap(),
        Manner::Take | Manner::Part(_) | Manner::Garbage => {
            take(&parts, &body, got);
            let partial_success = match manner {
                Manner::Part(rejected_spans) => {
                    Some(ExportTracePartialSuccess { rejected_spans, error_message: "too old".to_owned() })
                }
                _ => None,
            };
            let bytes = match manner {
                Manner::Garbage => b"\xff\xff<html>".to_vec(),
                _ => ExportTraceServiceResponse { partial_success }.encode_to_vec(),
            };
            status(200).header("content-type", "application/x-protobuf").body(Full::from(bytes)).unwrap()
        }
    })
}

fn take(parts: &http::request::Parts, body: &[u8], got: &Mutex<Got>) {
    assert_eq!(parts.headers["content-type"], "application/x-protobuf");
    let mut plain = Vec::new();
    match parts.headers.get("content-encoding") {
        Some(encoding) => {
            assert_eq!(encoding, "gzip");
            flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap();
        }
        None => plain.extend_from_slice(body),
    }
    let mut got = got.lock().unwrap();
    got.headers.push(parts.headers.clone());
    if parts.uri.path().ends_with("/metrics") {
        got.metrics.push(ExportMetricsServiceRequest::decode(plain.as_slice()).unwrap());
        return;
    }
    let request = ExportTraceServiceRequest::decode(plain.as_slice()).unwrap();
    let spans = request.resource_spans.iter().flat_map(|each| &each.scope_spans).flat_map(|each| &each.spans);
    let ids: Vec<Vec<u8>> = spans.map(|span| span.span_id.clone()).collect();
    got.spans += ids.len();
    got.span_ids.extend(ids);
    if got.traces.len() < 10 {
        got.traces.push(request);
    }
}
