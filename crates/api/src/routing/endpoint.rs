//! Endpoints, prepared for requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use twinloop_schema::RequestShape;

use crate::answer::form::ErrorForm;
use crate::answer::revival::Revival;
use crate::auth::GuardConfig;
use crate::auth::gateway::Gateway;
use crate::auth::guard::AuthGuard;
use crate::config::EndpointConfig;
use crate::cookie::sealed_fields::SealedFields;
use crate::health::probe::Probe;
use crate::policy::Policies;
use crate::request::body_form::BodyForm;
use crate::routing::pattern::PathPattern;
use crate::static_files::document::ServedDocument;
use crate::static_files::{StaticConfig, StaticFiles};
use crate::telemetry::place::{Place, PlaceName};
use crate::websocket::StreamEndpoint;

/// Who answers.
pub(crate) enum Answers {
    Isolate,
    /// The isolate, which gets the request as it is.
    Raw,
    /// An isolate, by a WebSocket.
    Stream(Arc<StreamEndpoint>),
    Files(StaticFiles),
    Document(Box<ServedDocument>),
    Health(Probe),
}

/// An endpoint, with all that is known of it before the first request.
#[allow(clippy::struct_excessive_bools, reason = "each is a claim of its own about the endpoint")]
pub(crate) struct Endpoint {
    pub(crate) target: u16,
    pub(crate) methods: Box<[Method]>,
    pub(crate) any_method: bool,
    pub(crate) route: Box<str>,
    /// The names of the path parameters, in order.
    pub(crate) parameters: Box<[Box<str>]>,
    pub(crate) exposed: bool,
    /// The shape of the request; `None` where the handler takes no input.
    pub(crate) shape: Option<RequestShape>,
    pub(crate) takes_body: bool,
    /// The form of a body that is not JSON; `None` where it is JSON.
    pub(crate) body_form: Option<Box<BodyForm>>,
    /// Whether answers may be files.
    pub(crate) sends_files: bool,
    /// Whether large bodies are handed to the isolates as frames.
    pub(crate) takes_frames: bool,
    /// What clients that ask are told of the JSON in answers; `None` where it has nothing but JSON's own values.
    pub(crate) revival: Option<Box<Revival>>,
    /// The sealed cookies that the endpoint reads.
    pub(crate) sealed: Option<Box<SealedFields>>,
    /// The most bytes of a body.
    pub(crate) body_limit: u64,
    pub(crate) timeout: Option<Duration>,
    pub(crate) answers: Answers,
    /// The endpoint's auth handlers; `None` where it has none.
    pub(crate) guard: Option<Box<AuthGuard>>,
    /// The status for an input that is not of the shape.
    pub(crate) invalid_input: StatusCode,
    /// The form of error answers; `None` has that of the app.
    pub(crate) errors: Option<ErrorForm>,
    /// The policies of the edge; `None` where none was asked for.
    pub(crate) policies: Option<Box<Policies>>,
    /// The endpoint as telemetry names it.
    pub(crate) place: &'static Place,
    title: Box<str>,
}

impl Endpoint {
    /// Makes the endpoint with index `target`; the error is a sentence that names the endpoint.
    pub(crate) fn new(
        target: usize,
        config: &EndpointConfig,
        shape: Option<RequestShape>,
    ) -> Result<Self, String> {
        let title = config.title().into_boxed_str();
        let target = u16::try_from(target)
            .map_err(|_| format!("{title}: more than 65,536 endpoints cannot be served"))?;
        let any_method = config.methods.iter().any(|method| method == "*");
        let methods: Result<Box<[Method]>, String> = config
            .methods
            .iter()
            .filter(|method| *method != "*")
            .map(|method| read_method(&title, method))
            .collect();
        if config.methods.is_empty() {
            return Err(format!("{title}: it has no method"));
        }
        let body_form = BodyForm::read(&config.request, &config.uploads);
        let body_form = body_form.map_err(|problem| format!("{title}: {problem}"))?.map(Box::new);
        let revival = config.revival.as_deref().map(Revival::new).transpose();
        let revival = revival.map_err(|problem| format!("{title}: {problem}"));
        Ok(Self {
            target,
            body_form,
            sends_files: config.sends_files,
            takes_frames: config.takes_frames,
            revival: revival?.map(Box::new),
            sealed: SealedFields::read(&config.request).map(Box::new),
            methods: methods?,
            any_method,
            route: config.path.as_str().into(),
            parameters: PathPattern::parse(&config.path).map(|pattern| pattern.names).unwrap_or_default(),
            exposed: config.expose,
            takes_body: shape.as_ref().is_some_and(RequestShape::takes_body),
            shape,
            body_limit: config.body_limit.unwrap_or(u64::MAX),
            timeout: config.timeout_ms.map(Duration::from_millis),
            answers: if config.raw { Answers::Raw } else { Answers::Isolate },
            guard: None,
            invalid_input: read_invalid_input(&title, config.invalid_input)?,
            errors: config.errors.as_ref().map(ErrorForm::from),
            policies: None,
            place: Place::of(PlaceName {
                route: Some(config.path.as_str().into()),
                endpoint: Some((config.service.as_str().into(), title.clone())),
                is_probe: false,
            }),
            title,
        })
    }

    /// Makes the endpoint answer by a WebSocket where it is a stream.
    pub(crate) fn streaming(self, stream: Option<Arc<StreamEndpoint>>) -> Self {
        match stream {
            Some(stream) => Self { answers: Answers::Stream(stream), takes_body: false, ..self },
            None => self,
        }
    }

    /// Makes the endpoint of a folder of files; the error is a sentence.
    pub(crate) fn of_files(config: &StaticConfig) -> Result<Self, String> {
        let title = format!("the static files of {}", config.path);
        let pattern = PathPattern::parse(&config.path).map_err(|why| format!("{title}: {why}"))?;
        if !pattern.is_wild {
            return Err(format!("{title}: the path must end in the files' own, such as /*file"));
        }
        let answers = Answers::Files(StaticFiles::open(config)?);
        let parameters = pattern.names;
        Ok(Self { exposed: config.expose, parameters, ..Self::of_the_edge(&config.path, answers, title) })
    }

    /// Sets the auth handlers by which the endpoint knows its callers; the error is a sentence that names the endpoint.
    pub(crate) fn guarded(mut self, gateway: &Gateway, config: Option<&GuardConfig>) -> Result<Self, String> {
        self.guard = gateway.guard(config).map_err(|problem| format!("{}: {problem}", self.title))?;
        Ok(self)
    }

    /// Whether the endpoint is a folder, which has something at few of the paths that it takes.
    pub(crate) fn has_some_paths_alone(&self) -> bool {
        matches!(&self.answers, Answers::Files(files) if !files.answers_every_path())
    }

    /// Makes the endpoint of a document.
    pub(crate) fn of_document(path: &str, document: Box<ServedDocument>) -> Self {
        Self::of_the_edge(path, Answers::Document(document), format!("the document {path}"))
    }

    /// Whether callers from outside get an answer of this endpoint to GET at exactly this path.
    pub(crate) fn answers_get_of(&self, path: &str) -> bool {
        self.exposed && *self.route == *path && (self.any_method || self.methods.contains(&Method::GET))
    }

    /// Makes the endpoint of a health probe.
    pub(crate) fn of_health(path: &str, probe: Probe) -> Self {
        Self::of_the_edge(path, Answers::Health(probe), format!("the health check {path}"))
    }

    /// Makes an endpoint that is answered without an isolate.
    fn of_the_edge(path: &str, answers: Answers, title: String) -> Self {
        let is_probe = matches!(answers, Answers::Health(_));
        Self {
            target: 0,
            methods: Box::new([Method::GET]),
            any_method: false,
            route: path.into(),
            parameters: Box::default(),
            exposed: true,
            takes_body: false,
            body_form: None,
            sends_files: false,
            takes_frames: false,
            revival: None,
            sealed: None,
            shape: None,
            body_limit: 0,
            timeout: None,
            answers,
            guard: None,
            invalid_input: StatusCode::BAD_REQUEST,
            errors: None,
            policies: None,
            place: Place::of(PlaceName { route: Some(path.into()), endpoint: None, is_probe }),
            title: title.into_boxed_str(),
        }
    }
}

impl fmt::Display for Endpoint {
    /// Writes `service.name`, or the route where the endpoint has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

fn read_invalid_input(title: &str, status: u16) -> Result<StatusCode, String> {
    match status {
        400 => Ok(StatusCode::BAD_REQUEST),
        422 => Ok(StatusCode::UNPROCESSABLE_ENTITY),
        other => Err(format!("{title}: invalidInput is {other}; it must be 400 or 422")),
    }
}

fn read_method(title: &str, method: &str) -> Result<Method, String> {
    let is_upper = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    match Method::from_bytes(method.as_bytes()) {
        Ok(Method::CONNECT) => Err(format!("{title}: CONNECT asks for a tunnel and cannot be an endpoint")),
        Ok(read) if is_upper => Ok(read),
        _ => Err(format!("{title}: {method:?} is no method; write it in capitals")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(methods: &[&str]) -> Result<Endpoint, String> {
        let json = serde_json::json!({ "service": "s", "name": "n", "methods": methods, "path": "/:a" });
        Endpoint::new(3, &serde_json::from_value(json).unwrap(), None)
    }

    #[test]
    fn reads_methods() {
        assert_eq!(*build(&["GET", "PURGE"]).unwrap().methods, [Method::GET, "PURGE".parse().unwrap()]);
        assert!(build(&["*"]).unwrap().any_method);
        for bad in [&[][..], &["get"], &["CONNECT"], &["A B"], &[""]] {
            assert!(build(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn is_called_by_service_and_name() {
        assert_eq!(build(&["GET"]).unwrap().to_string(), "s.n");
        for (name, title) in [("s.n", "s.n"), ("GET /x", "GET /x"), ("sn", "s.sn")] {
            let json = serde_json::json!({ "service": "s", "name": name, "methods": ["GET"], "path": "/" });
            let endpoint = Endpoint::new(3, &serde_json::from_value(json).unwrap(), None).unwrap();
            assert_eq!(endpoint.to_string(), title);
        }
    }
}
