//! Routes, held against a plain reading of what each path means.

use http::Method;

use crate::config::EndpointConfig;
use crate::endpoint::Endpoint;
use crate::route::{Routed, Router};

/// Endpoints and paths in one input, at most.
const MAX: usize = 32;

/// Lines of `METHOD /path` to declare, a NUL, lines of `METHOD /path` to look for.
pub fn router(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (declared, asked) = text.split_once('\0').unwrap_or((text, ""));
    let endpoints: Vec<Endpoint> = lines(declared)
        .enumerate()
        .filter_map(|(index, (method, path))| build(index, method, path))
        .collect();
    let declarations: Vec<Route> = endpoints.iter().map(Route::new).collect();
    let router = match Router::new(endpoints) {
        Ok(built) => built,
        Err(problems) => return assert!(!problems.is_empty()),
    };
    for (method, path) in lines(asked) {
        if let Ok(method) = Method::from_bytes(method.as_bytes()) {
            agrees(&router, &declarations, &method, path);
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('\n').take(MAX).filter_map(|line| line.split_once(' '))
}

fn build(index: usize, method: &str, path: &str) -> Option<Endpoint> {
    let config = EndpointConfig {
        service: "s".to_owned(),
        name: format!("e{index}"),
        methods: vec![method.to_owned()],
        path: path.to_owned(),
        expose: true,
        request: serde_json::Value::Null,
        body_limit: None,
        timeout_ms: None,
    };
    Endpoint::new(index, &config, None).ok()
}

struct Route {
    target: u16,
    path: String,
    methods: Vec<Method>,
    any_method: bool,
}

impl Route {
    fn new(endpoint: &Endpoint) -> Self {
        Self {
            target: endpoint.target,
            path: endpoint.route.to_string(),
            methods: endpoint.methods.to_vec(),
            any_method: endpoint.any_method,
        }
    }

    fn takes(&self, method: &Method) -> bool {
        self.any_method || self.methods.contains(method)
    }

    fn is_static(&self) -> bool {
        !self.path.split('/').any(|segment| segment.starts_with([':', '*', '!']))
    }

    /// What the parameters stand for in `path`, if it is one of this route's.
    fn read<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let mut values = Vec::new();
        let mut rest = path;
        for segment in self.path.split('/').skip(1) {
            let after = rest.strip_prefix('/')?;
            if segment.starts_with(['*', '!']) {
                values.push(after);
                return Some(values);
            }
            let end = after.find('/').unwrap_or(after.len());
            let (own, others) = after.split_at(end);
            if segment.starts_with(':') {
                if own.is_empty() {
                    return None;
                }
                values.push(own);
            } else if own != encoded(segment) {
                return None;
            }
            rest = others;
        }
        (rest.is_empty() || (rest == "/" && !self.path.ends_with('/'))).then_some(values)
    }
}

/// A segment as a client sends it.
fn encoded(segment: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`|".contains(&byte);
    segment
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn agrees(router: &Router, declared: &[Route], method: &Method, path: &str) {
    let takes =
        |route: &&Route| route.takes(method) || (*method == Method::HEAD && route.takes(&Method::GET));
    let fitting: Vec<&Route> = declared.iter().filter(|route| route.read(path).is_some()).collect();
    match router.find(method, path) {
        Routed::Endpoint(endpoint, captures) => {
            let route = declared.iter().find(|route| route.target == endpoint.target);
            let Some(route) = route.filter(takes) else { panic!("{method} {path} leads to another method") };
            let values: Vec<&str> = captures.pairs().iter().map(|&(_, value)| value).collect();
            assert_eq!(route.read(path), Some(values), "{} for {path}", route.path);
            let exact = |other: &&Route| other.is_static() && encoded_path(&other.path) == path;
            let named = |other: &&Route| other.methods.contains(method);
            if fitting.iter().copied().filter(named).any(|other| exact(&other)) {
                assert!(exact(&route), "{path} is declared, and {} answers", route.path);
            }
        }
        Routed::OtherMethod(allow) => {
            assert!(!allow.is_empty() && !fitting.is_empty(), "{path}");
            assert!(!fitting.iter().any(takes), "{method} {path} is declared");
        }
        Routed::Unknown => assert!(fitting.is_empty() || !is_plain(path), "{method} {path} is not found"),
    }
}

fn encoded_path(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// Whether no segment is one that clients resolve, and none but the last is empty.
fn is_plain(path: &str) -> bool {
    let segments: Vec<String> =
        path.split('/').skip(1).map(|segment| segment.to_ascii_lowercase().replace("%2e", ".")).collect();
    let dots = segments.iter().any(|segment| segment == "." || segment == "..");
    let empty = segments.iter().rev().skip(1).any(String::is_empty);
    path.starts_with('/') && !dots && !empty
}
