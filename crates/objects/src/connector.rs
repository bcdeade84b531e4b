//! HTTP for the cloud stores: Hyper and rustls with `ring`, on the runtime that is there.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::client::legacy::{self as client, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take until the head of its answer, its body included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// The headers of a request whose effect depends on what is there, of S3, Azure and Google.
const CONDITIONS: [&str; 3] = ["if-match", "if-none-match", "x-goog-if-generation-match"];
/// Bytes of a refusal's body that are read.
const MAX_REFUSAL: usize = 64 << 10;

/// Makes the HTTP client of a store: HTTP/1.1, TLS by rustls with the certificates that the system trusts.
///
/// Units: 5 s to connect, 120 s until an answer's head, 60 s that an idle connection is kept.
#[derive(Debug, Default)]
pub(crate) struct HyperConnector;

impl HttpConnector for HyperConnector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        let provider = rustls::crypto::ring::default_provider();
        let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
        let builder = builder
            .map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error) })?;
        let connector = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Ok(HttpClient::new(Http(client)))
    }
}

struct Http(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let repeatable = !CONDITIONS.iter().any(|name| request.headers().contains_key(*name));
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, self.0.request(request)).await;
        let answered = answered.map_err(|elapsed| HttpError::new(HttpErrorKind::Timeout, elapsed))?;
        let response = answered.map_err(|error| HttpError::new(kind_of(&error, repeatable), error))?;
        let (parts, body) = response.into_parts();
        let body = if parts.status.is_client_error() {
            HttpResponseBody::from(what_came_of(body).await)
        } else {
            HttpResponseBody::new(body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)))
        };
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// `Connect` and `Request` have any request repeated, `Interrupted` only one that changes nothing.
///
/// A store that was to create an object may have done so before the connection broke: repeated, it would say that there is one.
fn kind_of(error: &client::Error, repeatable: bool) -> HttpErrorKind {
    match error {
        error if error.is_connect() => HttpErrorKind::Connect,
        _ if repeatable => HttpErrorKind::Request,
        _ => HttpErrorKind::Interrupted,
    }
}

/// The reason of a refusal, as far as it came: a store that refuses an upload before its end may cut the connection, and the
/// status is what counts (RFC 9112, section 9.6).
async fn what_came_of(mut body: Incoming) -> Bytes {
    let mut came = BytesMut::new();
    while came.len() < MAX_REFUSAL
        && let Ok(Some(Ok(frame))) = tokio::time::timeout(ANSWER_TIMEOUT, body.frame()).await
    {
        if let Ok(data) = frame.into_data() {
            came.extend_from_slice(&data);
        }
    }
    came.freeze()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn whole(body: HttpResponseBody) -> Result<Bytes, HttpError> {
        body.collect().await.map(http_body_util::Collected::to_bytes)
    }

    /// The address of a server that reads the begin of one request, sends `answer` and ends the connection.
    async fn server(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert_ne!(socket.read(&mut [0; 4096]).await.unwrap(), 0);
            socket.write_all(answer).await.unwrap();
        });
        format!("http://{address}/x")
    }

    async fn put(url: &str, condition: Option<&str>) -> Result<HttpResponse, HttpError> {
        let mut request = http::Request::put(url);
        if let Some(name) = condition {
            request = request.header(name, "*");
        }
        let request = request.body(HttpRequestBody::from("bytes".to_owned())).unwrap();
        HyperConnector.connect(&ClientOptions::new()).unwrap().execute(request).await
    }

    #[tokio::test]
    async fn a_refusal_that_is_cut_keeps_its_status() {
        let url = server(b"HTTP/1.1 412 \r\ncontent-length: 100\r\n\r\nthe half").await;
        let refused = put(&url, None).await.unwrap();
        assert_eq!(refused.status(), 412);
        assert_eq!(whole(refused.into_body()).await.unwrap(), "the half");
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_is_an_error() {
        let url = server(b"HTTP/1.1 200 \r\ncontent-length: 100\r\n\r\nthe half").await;
        let cut = put(&url, None).await.unwrap();
        assert_eq!(whole(cut.into_body()).await.unwrap_err().kind(), HttpErrorKind::Interrupted);
    }

    #[tokio::test]
    async fn only_what_may_be_repeated_is() {
        for (condition, kind) in [
            (None, HttpErrorKind::Request),
            (Some("if-none-match"), HttpErrorKind::Interrupted),
            (Some("x-goog-if-generation-match"), HttpErrorKind::Interrupted),
        ] {
            assert_eq!(put(&server(b"").await, condition).await.unwrap_err().kind(), kind);
            assert_eq!(
                put("http://127.0.0.1:1/x", condition).await.unwrap_err().kind(),
                HttpErrorKind::Connect
            );
        }
    }
}
