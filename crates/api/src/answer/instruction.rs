//! What an isolate asks of the edge beside an answer's headers: to send a file, or to seal a cookie.
//!
//! An instruction is a pair in the list of headers whose name begins with a colon, which no header's does. The value is JSON.

use std::path::PathBuf;

use http::header::{CONTENT_LENGTH, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::Deserialize;
use twinloop_runtime::Failure;

use crate::answer::body::Body;
use crate::answer::refusal::Refusal;
use crate::cookie::keys::CookieKeyRing;
use crate::cookie::seal::{SealKind, seal};
use crate::static_files::single;

/// The instructions of one answer.
#[derive(Debug, Default)]
pub(crate) struct Instructions {
    file: Option<SendFile>,
    cookies: Vec<SealCookie>,
}

/// What instructions are followed with.
#[derive(Clone, Copy)]
pub(crate) struct Means<'r> {
    /// The keys that seal cookies.
    pub(crate) keys: &'r CookieKeyRing,
    /// The request, of an endpoint that may send files.
    pub(crate) asked: Option<(&'r Method, &'r HeaderMap)>,
}

/// A file to send in place of a body.
#[derive(Debug, Deserialize)]
struct SendFile {
    path: PathBuf,
    /// The folder that the path is below.
    root: Option<PathBuf>,
}

/// A cookie to seal and set.
#[derive(Deserialize)]
struct SealCookie {
    kind: SealKind,
    name: String,
    /// The value as JSON.
    value: String,
    /// Seconds since 1970.
    expires: Option<u64>,
    /// The attributes as the header has them, with the semicolon before them.
    attributes: String,
}

impl std::fmt::Debug for SealCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Instructions {
    /// Reads one instruction; false for a name that is none.
    pub(crate) fn read(&mut self, name: &str, value: &str) -> Result<bool, Failure> {
        let bad =
            |error: serde_json::Error| Failure::internal(format!("an instruction is not readable: {error}"));
        match name {
            ":file" => self.file = Some(serde_json::from_str(value).map_err(bad)?),
            ":cookie" => self.cookies.push(serde_json::from_str(value).map_err(bad)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.file.is_none() && self.cookies.is_empty()
    }

    /// Follows the instructions. Errors: a cookie that cannot be sealed, a file where none may be sent.
    pub(crate) async fn follow(
        self,
        mut response: Response<Body>,
        Means { keys, asked }: Means<'_>,
    ) -> Result<Response<Body>, Failure> {
        for cookie in self.cookies {
            let failed =
                |why: &str| Failure::internal(format!("the cookie {} cannot be set: {why}", cookie.name));
            let value = seal(&keys.current(), cookie.kind, &cookie.name, &cookie.value, cookie.expires)
                .map_err(failed)?;
            let header = format!("{}={value}{}", cookie.name, cookie.attributes);
            let header = HeaderValue::try_from(header)
                .map_err(|_| failed("it has a character that a header has not"))?;
            response.headers_mut().append(SET_COOKIE, header);
        }
        match (self.file, asked) {
            (None, _) => Ok(response),
            (Some(file), Some((method, headers))) => Ok(send(&file, response, method, headers).await),
            (Some(_), None) => Err(Failure::internal("the endpoint does not declare that it sends files")),
        }
    }
}

/// Sends a file with the status and the headers of `response`. One that is not there is answered 404, as if the response had
/// never been.
async fn send(
    file: &SendFile,
    response: Response<Body>,
    method: &Method,
    headers: &HeaderMap,
) -> Response<Body> {
    let status = (response.status() != StatusCode::OK).then(|| response.status());
    let mut sent = match single::answer(&file.path, file.root.as_deref(), status, method, headers).await {
        Ok(Some(sent)) => sent,
        Ok(None) => return Refusal::NO_FILE.response(),
        Err(_) => return Refusal::UNREADABLE.response(),
    };
    let mut own: HeaderMap = response.into_parts().0.headers;
    own.remove(CONTENT_LENGTH);
    sent.headers_mut().extend(own);
    sent
}
