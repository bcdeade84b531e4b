//! The command line: where to send which request, on how many connections, for how long.

use std::time::Duration;

use crate::connection::Batch;

/// What the program prints for a command line it cannot read.
pub(crate) const USAGE: &str = "usage: twinloop-bench-load URL [--connections N] [--seconds S] [--rate N]
    [--pipeline N] [--method M] [--header 'name: value']... [--body TEXT]
    URL          http://host:port/path?query
    --connections  default 64; one request in flight on each
    --pipeline     default 1; more are written at once on each connection, and the next when all are answered
    --seconds      default 4; fractions are allowed
    --rate         batches of --pipeline requests per second over all connections; default: as fast as the server answers
    --method       default GET, or POST with a body";

/// One run of load.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// `host:port`.
    pub(crate) address: String,
    /// Path and query.
    target: String,
    method: String,
    headers: Vec<String>,
    body: String,
    pub(crate) connections: usize,
    /// Requests that are written at once on each connection.
    pub(crate) pipeline: usize,
    pub(crate) duration: Duration,
    /// Batches of requests per second over all connections; `None` is as fast as the server answers.
    pub(crate) rate: Option<f64>,
}

impl Options {
    /// Reads the command line without the program's name.
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words;
        let mut url = None;
        let mut method = None;
        let mut options = Self::default();
        while let Some(word) = words.next() {
            if !word.starts_with("--") {
                url = Some(word);
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"))?;
            match word.as_str() {
                "--connections" => options.connections = number(&word, &value)?,
                "--pipeline" => options.pipeline = number(&word, &value)?,
                "--seconds" => options.duration = seconds(&value)?,
                "--rate" => options.rate = Some(number(&word, &value)?),
                "--method" => method = Some(value),
                "--header" => options.headers.push(value),
                "--body" => options.body = value,
                _ => return Err(format!("unknown option {word}\n{USAGE}")),
            }
        }
        let url = url.ok_or_else(|| format!("no URL given\n{USAGE}"))?;
        (options.address, options.target) = split_url(&url)?;
        options.method =
            method.unwrap_or_else(|| if options.body.is_empty() { "GET" } else { "POST" }.to_owned());
        options.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.connections == 0 {
            return Err("--connections must be at least 1".to_owned());
        }
        if self.pipeline == 0 {
            return Err("--pipeline must be at least 1".to_owned());
        }
        if self.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
            return Err("--rate must be above 0".to_owned());
        }
        let texts = self.headers.iter().chain([&self.method, &self.target]);
        if texts.flat_map(|text| text.bytes()).any(|byte| byte == b'\r' || byte == b'\n') {
            return Err("a line break cannot stand in the URL, the method or a header".to_owned());
        }
        Ok(self)
    }

    /// What each connection repeats.
    pub(crate) fn batch(&self) -> Batch {
        Batch { bytes: self.request_bytes().repeat(self.pipeline), depth: self.pipeline }
    }

    /// The bytes of one request, the same every time.
    fn request_bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.address);
        for header in &self.headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !self.body.is_empty() {
            text.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text.into_bytes()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: String::new(),
            target: String::new(),
            method: String::new(),
            headers: Vec::new(),
            body: String::new(),
            connections: 64,
            pipeline: 1,
            duration: Duration::from_secs(4),
            rate: None,
        }
    }
}

fn split_url(url: &str) -> Result<(String, String), String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url} does not begin with http://"))?;
    let (address, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !address.contains(':') {
        return Err(format!("{url} names no port"));
    }
    Ok((address.to_owned(), if target.is_empty() { "/" } else { target }.to_owned()))
}

fn number<T: std::str::FromStr>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{option} {value} is no number it can take"))
}

fn seconds(value: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number("--seconds", value)?)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("--seconds {value} must be above 0"))
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::time::Duration;

    fn read(line: &[&str]) -> Result<Options, String> {
        Options::read(line.iter().map(ToString::to_string))
    }

    #[test]
    fn writes_a_request_with_its_headers_and_body() {
        let options =
            read(&["http://127.0.0.1:80/a?b=c", "--header", "x-foo: test", "--body", "{}"]).unwrap();
        assert_eq!(
            String::from_utf8(options.request_bytes()).unwrap(),
            "POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:80\r\nx-foo: test\r\ncontent-length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn writes_as_many_requests_at_once_as_are_pipelined() {
        let batch = read(&["http://127.0.0.1:80/", "--pipeline", "3"]).unwrap().batch();
        let one = "GET / HTTP/1.1\r\nhost: 127.0.0.1:80\r\n\r\n";
        assert_eq!((String::from_utf8(batch.bytes).unwrap(), batch.depth), (one.repeat(3), 3));
    }

    #[test]
    fn has_defaults_for_everything_but_the_url() {
        let options = read(&["http://127.0.0.1:80"]).unwrap();
        assert_eq!((options.connections, options.pipeline), (64, 1));
        assert_eq!((options.duration, options.rate), (Duration::from_secs(4), None));
        assert!(options.request_bytes().starts_with(b"GET / HTTP/1.1\r\n"));
    }

    #[test]
    fn refuses_a_command_line_it_cannot_mean() {
        let url = "http://127.0.0.1:80/";
        for line in [
            &[][..],
            &["127.0.0.1:80"],
            &["http://127.0.0.1/"],
            &[url, "--seconds"],
            &[url, "--seconds", "0"],
            &[url, "--seconds", "-1"],
            &[url, "--connections", "0"],
            &[url, "--pipeline", "0"],
            &[url, "--rate", "0"],
            &[url, "--rate", "nan"],
            &[url, "--header", "a: b\r\nc: d"],
            &[url, "--color", "red"],
        ] {
            assert!(read(line).is_err(), "{line:?}");
        }
    }
}
