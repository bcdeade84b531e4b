//! A request in memory, as an isolate describes it.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde::Deserialize;
use twinloop_runtime::{Blobs, Failure};

use crate::in_memory::grant::CallConfig;

/// A request that is to be answered in memory.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemoryRequest {
    /// The number by which the isolate names the exchange afterwards.
    pub(crate) number: u32,
    method: String,
    /// The path with the query, as it is sent.
    target: String,
    headers: Vec<(String, String)>,
    /// The number of the bytes of the body; 0 for none.
    body: u32,
    /// Whether the request is taken to have come over TLS.
    pub(crate) is_https: bool,
    /// The endpoint to call; `None` for a request from outside, which is routed.
    #[serde(default)]
    pub(crate) call: Option<CallConfig>,
}

impl MemoryRequest {
    /// Makes the request that is sent. Errors: `invalid_argument` for what no request can have.
    pub(crate) fn build(&self, blobs: &Blobs) -> Result<Request<Full<Bytes>>, Failure> {
        let body = blobs.take(self.body).unwrap_or_default();
        let refused = |what: &str, given: &str| {
            Failure::invalid_argument(format!("{what} {given:?} cannot be sent in a request"))
        };
        let method: Method = self.method.parse().map_err(|_| refused("the method", &self.method))?;
        let target: Uri = self.target.parse().map_err(|_| refused("the path", &self.target))?;
        let mut request = Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut()) = (method, target);
        for (name, value) in &self.headers {
            let parsed: HeaderName = name.parse().map_err(|_| refused("the header", name))?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                Failure::invalid_argument(format!(
                    "the value of the header {name:?} cannot be sent in a request"
                ))
            })?;
            request.headers_mut().append(parsed, value);
        }
        Ok(request)
    }
}
