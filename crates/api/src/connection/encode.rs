//! The bytes of a response that Hyper does not send: the last one of a connection whose bytes were no request.

use std::time::SystemTime;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;

use crate::answer::observed_body::ObservedBody;

/// Encodes a response for HTTP/1.1, after which the connection closes.
///
/// Source: RFC 9112, sections 4 and 6.
pub(crate) async fn encode(response: Response<ObservedBody>) -> Bytes {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
    for (name, value) in &head.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    let rest = format!("content-length: {}\r\nconnection: close\r\ndate: {date}\r\n\r\n", body.len());
    text.extend_from_slice(rest.as_bytes());
    text.extend_from_slice(&body);
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Violation;

    #[test]
    fn the_response_is_complete_and_json() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sent = runtime.block_on(encode(Violation::LengthAndCoding.response().map(ObservedBody::new)));
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"));
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "invalid_argument");
    }
}
