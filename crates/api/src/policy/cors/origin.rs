//! Lists of origins: exact ones, and patterns with a wildcard within the host or port.

use http::Uri;

/// A list of allowed origins.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Origins {
    pub(super) any: bool,
    exact: Box<[Box<str>]>,
    patterns: Box<[OriginPattern]>,
}

/// An origin with one wildcard, which stands for one or more letters, digits, hyphens and dots; in place of a port, for digits.
#[derive(Debug, PartialEq)]
struct OriginPattern {
    before: Box<str>,
    after: Box<str>,
    is_port: bool,
}

impl Origins {
    /// Reads a list. With credentials neither `*` nor `null` may be in it: any page on the web is either.
    pub(super) fn parse(list: &[String], option: &str, with_credentials: bool) -> Result<Self, String> {
        let (mut any, mut exact, mut patterns) = (false, Vec::new(), Vec::new());
        for one in list {
            match one.as_str() {
                "*" | "null" if with_credentials => return Err(too_wide(option, one)),
                "*" => any = true,
                "null" => exact.push("null".into()),
                pattern if pattern.contains('*') => {
                    patterns.push(OriginPattern::parse(pattern, option, with_credentials)?);
                }
                origin => exact.push(normal(origin).ok_or_else(|| no_origin(option, origin))?),
            }
        }
        Ok(Self { any, exact: exact.into(), patterns: patterns.into() })
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.any && self.exact.is_empty() && self.patterns.is_empty()
    }

    /// Whether the list names the origin; `*` is not looked at.
    pub(super) fn names(&self, origin: &str) -> bool {
        self.exact.iter().any(|one| **one == *origin) || self.patterns.iter().any(|one| one.fits(origin))
    }
}

impl OriginPattern {
    fn parse(pattern: &str, option: &str, with_credentials: bool) -> Result<Self, String> {
        let refused = || no_origin(option, pattern);
        let (before, after) = pattern.split_once('*').ok_or_else(refused)?;
        let is_port = after.is_empty() && before.strip_suffix(':').is_some_and(|rest| rest.contains("://"));
        let example = format!("{before}{}{after}", if is_port { "1" } else { "x" });
        if after.contains('*') || normal(&example).as_deref() != Some(&example.to_ascii_lowercase()) {
            return Err(refused());
        }
        // `https://*` with credentials would be every site of the web.
        if with_credentials && !is_port && !after.split(':').next().is_some_and(|host| host.contains('.')) {
            return Err(too_wide(option, pattern));
        }
        Ok(Self {
            before: before.to_ascii_lowercase().into(),
            after: after.to_ascii_lowercase().into(),
            is_port,
        })
    }

    fn fits(&self, origin: &str) -> bool {
        let between = origin.strip_prefix(&*self.before).and_then(|rest| rest.strip_suffix(&*self.after));
        between.is_some_and(|text| {
            let fits = |byte: u8| {
                byte.is_ascii_digit()
                    || (!self.is_port && (byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'.')))
            };
            !text.is_empty() && text.bytes().all(fits)
        })
    }
}

/// An origin as browsers send it: lower case, without a default port; `None` for what is no origin.
///
/// Source: WHATWG HTML, section 7.1.1 "Origins", serialization.
fn normal(origin: &str) -> Option<Box<str>> {
    let lower = origin.to_ascii_lowercase();
    let (scheme, authority) = lower.split_once("://")?;
    let uri: Uri = lower.parse().ok()?;
    let is_bare = !scheme.is_empty() && !authority.is_empty() && !authority.contains(['/', '?', '#', '@']);
    let is_whole = uri.scheme_str() == Some(scheme)
        && uri.authority().map(http::uri::Authority::as_str) == Some(authority);
    if !is_bare || !is_whole || uri.host().is_none_or(str::is_empty) {
        return None;
    }
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Some(lower.into()),
    };
    Some(lower.strip_suffix(default).unwrap_or(&lower).into())
}

fn no_origin(option: &str, origin: &str) -> String {
    format!(
        "cors.{option} has {origin:?}, which is no origin: write scheme and host without a path, such as \"https://app.example.com\", with at most one * in the host"
    )
}

fn too_wide(option: &str, origin: &str) -> String {
    format!(
        "cors.{option} has {origin:?}: any page of the web could then act with the user's cookies; name the origins, such as \"https://*.example.com\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &[&str], with_credentials: bool) -> Result<Origins, String> {
        let list: Vec<String> = list.iter().map(|&one| one.to_owned()).collect();
        Origins::parse(&list, "allowOrigins", with_credentials)
    }

    #[test]
    fn an_origin_is_named_exactly_or_by_a_pattern() {
        let list = [
            "https://A.example:443",
            "https://*.b.example",
            "http://localhost:*",
            "https://x-*-y.c.example",
            "capacitor://localhost",
        ];
        let origins = origins(&list, true).unwrap();
        for named in [
            "https://a.example",
            "https://q.b.example",
            "https://q.r.b.example",
            "http://localhost:5173",
            "https://x-1-y.c.example",
            "capacitor://localhost",
        ] {
            assert!(origins.names(named), "{named}");
        }
        for foreign in [
            "null",
            "",
            "https://a.example.evil",
            "http://a.example",
            "https://a.example:444",
            "https://b.example",
            "https://.b.example.evil",
            "https://evil/.b.example",
            "https://evil:1.b.example",
            "https://u@x.b.example",
            "http://localhost",
            "http://localhost:",
            "http://localhost:1.evil",
            "https://x--y.c.example.evil",
            "https://evilb.example",
            "HTTPS://A.EXAMPLE",
        ] {
            assert!(!origins.names(foreign), "{foreign}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for bad in [
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/x",
            "https://u@a.example",
            "https://*.*.a.example",
            "*.a.example",
            "https://a b",
            "://a",
            "https://a.example?x",
            "",
        ] {
            assert!(origins(&[bad], false).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_for_named_origins() {
        for wide in ["*", "null", "https://*", "https://*:8080", "http*://a.example"] {
            assert!(origins(&[wide], true).is_err(), "{wide}");
        }
        assert!(origins(&["*", "null", "https://*"], false).unwrap().any);
    }
}
