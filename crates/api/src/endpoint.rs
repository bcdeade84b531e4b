//! One endpoint, with all that can be known before the first request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use twinloop_schema::RequestShape;

use crate::config::EndpointConfig;
use crate::health::Probe;
use crate::pattern::Pattern;
use crate::static_files::{StaticConfig, StaticFiles};

/// Who answers.
pub(crate) enum Answers {
    Isolate,
    Files(StaticFiles),
    Health(Probe),
}

/// An endpoint as requests meet it.
pub(crate) struct Endpoint {
    pub(crate) target: u16,
    pub(crate) methods: Box<[Method]>,
    pub(crate) any_method: bool,
    pub(crate) route: Arc<str>,
    /// Names of the path parameters, in order.
    pub(crate) parameters: Box<[Box<str>]>,
    pub(crate) exposed: bool,
    /// `None`: the handler takes no input.
    pub(crate) shape: Option<RequestShape>,
    pub(crate) takes_body: bool,
    /// Bytes.
    pub(crate) body_limit: u64,
    pub(crate) timeout: Option<Duration>,
    pub(crate) answers: Answers,
    title: Box<str>,
}

impl Endpoint {
    /// The endpoint with index `target`; the error is a sentence.
    pub(crate) fn new(
        target: usize,
        config: &EndpointConfig,
        shape: Option<RequestShape>,
    ) -> Result<Self, String> {
        let title = format!("{}.{}", config.service, config.name).into_boxed_str();
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
        Ok(Self {
            target,
            methods: methods?,
            any_method,
            route: config.path.as_str().into(),
            parameters: Pattern::parse(&config.path).map(|pattern| pattern.names).unwrap_or_default(),
            exposed: config.expose,
            takes_body: shape.as_ref().is_some_and(RequestShape::takes_body),
            shape,
            body_limit: config.body_limit.unwrap_or(u64::MAX),
            timeout: config.timeout_ms.map(Duration::from_millis),
            answers: Answers::Isolate,
            title,
        })
    }

    /// A folder of files as an endpoint; the error is a sentence.
    pub(crate) fn of_files(config: &StaticConfig) -> Result<Self, String> {
        let title = format!("the static files of {}", config.path);
        let pattern = Pattern::parse(&config.path).map_err(|why| format!("{title}: {why}"))?;
        if !pattern.is_wild {
            return Err(format!("{title}: the path must end in the files' own, such as /*file"));
        }
        let answers = Answers::Files(StaticFiles::open(config)?);
        let parameters = pattern.names;
        Ok(Self { exposed: config.expose, parameters, ..Self::of_the_edge(&config.path, answers, title) })
    }

    /// A question about the process's health as an endpoint.
    pub(crate) fn of_health(path: &str, probe: Probe) -> Self {
        Self::of_the_edge(path, Answers::Health(probe), format!("the health check {path}"))
    }

    /// What is answered without an isolate.
    fn of_the_edge(path: &str, answers: Answers, title: String) -> Self {
        Self {
            target: 0,
            methods: Box::new([Method::GET]),
            any_method: false,
            route: path.into(),
            parameters: Box::default(),
            exposed: true,
            takes_body: false,
            shape: None,
            body_limit: 0,
            timeout: None,
            answers,
            title: title.into_boxed_str(),
        }
    }
}

impl fmt::Display for Endpoint {
    /// `service.name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
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
    }
}
