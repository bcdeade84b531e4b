//! Fuzzing of the router, against a simple model of matching.

use http::Method;

use crate::config::EndpointConfig;
use crate::routing::canonical::canonical;
use crate::routing::endpoint::Endpoint;
use crate::routing::route::{Routed, Router};

/// Most endpoints, and most paths, in one input.
const MAX: usize = 32;

/// Input: lines of `METHOD /path` to declare, a NUL, lines of `METHOD /path` to look up.
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
            agrees(&router, &declarations, &method, &canonical(path));
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
        sensitive: false,
        auth: None,
        raw: false,
        request: serde_json::Value::Null,
        body_limit: None,
        timeout_ms: None,
        invalid_input: 400,
        errors: None,
        sends_files: false,
        takes_frames: false,
        revival: None,
        uploads: crate::UploadConfig::default(),
        policies: crate::policy::PolicyConfig::default(),
        stream: None,
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

    /// The values of the parameters, if the route matches `path`.
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

/// A declared segment in canonical spelling.
fn encoded(segment: &str) -> String {
    let whole = |at: usize| {
        segment.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    let escaped: String = segment
        .char_indices()
        .map(|(at, c)| if c == '%' && !whole(at) { "%25".to_owned() } else { c.to_string() })
        .collect();
    let mut bytes = Vec::new();
    let mut rest = escaped.as_str();
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            bytes.extend(u8::from_str_radix(&rest[1..3], 16));
            rest = &rest[3..];
        } else {
            bytes.extend_from_slice(&rest.as_bytes()[..first.len_utf8()]);
            rest = &rest[first.len_utf8()..];
        }
    }
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#%/<>?\\^`|".contains(&byte);
    let spell = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    bytes.into_iter().map(spell).collect()
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

/// Whether a path has no `.` or `..` segment.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !path.split('/').any(|segment| segment == "." || segment == "..")
}
