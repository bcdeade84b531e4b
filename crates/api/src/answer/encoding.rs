//! Content codings, and their negotiation.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;
use serde::Deserialize;

/// A content coding that this server writes, or finds as a compressed file beside a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Encoding {
    #[serde(rename = "br")]
    Brotli,
    #[serde(rename = "gzip")]
    Gzip,
    #[serde(rename = "zstd")]
    Zstd,
}

impl Encoding {
    /// The encodings of compressed files, in the server's order of preference.
    pub(crate) const OF_FILES: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// The suffix of a compressed file's name.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// The name of the encoding in headers.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The client's weight of each form, in thousandths; 0 is a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    brotli: u16,
    gzip: u16,
    zstd: u16,
    identity: u16,
}

impl Wanted {
    /// Reads `Accept-Encoding`; without it no compressed form is wanted.
    ///
    /// Source: RFC 9110, section 12.5.3.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT_ENCODING).iter();
        let (mut brotli, mut gzip, mut zstd, mut identity, mut any) = (None, None, None, None, None);
        for element in values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let (name, weight) = weighted(element);
            let is = |token: &str| name.eq_ignore_ascii_case(token);
            let slot = match name.len() {
                1 if is("*") => &mut any,
                2 if is("br") => &mut brotli,
                4 if is("gzip") => &mut gzip,
                4 if is("zstd") => &mut zstd,
                6 if is("x-gzip") => &mut gzip,
                8 if is("identity") => &mut identity,
                _ => continue,
            };
            *slot = Some(weight);
        }
        Self {
            brotli: brotli.or(any).unwrap_or(0),
            gzip: gzip.or(any).unwrap_or(0),
            zstd: zstd.or(any).unwrap_or(0),
            // Identity is acceptable unless refused, but ranks below every form that is named.
            identity: identity.or(any.filter(|&weight| weight == 0)).unwrap_or(1),
        }
    }

    /// The coding of `order` that the client weighs most, the first of several; `None` for no coding, also when the client
    /// refuses everything.
    pub(crate) fn best(self, order: &[Encoding], is_there: impl Fn(Encoding) -> bool) -> Option<Encoding> {
        let mut best = None;
        let mut most = self.identity.max(1);
        for &encoding in order {
            let weight = self.of(encoding);
            let wins = if best.is_none() { weight >= most } else { weight > most };
            if wins && weight > 0 && is_there(encoding) {
                (best, most) = (Some(encoding), weight);
            }
        }
        best
    }

    fn of(self, encoding: Encoding) -> u16 {
        match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            Encoding::Zstd => self.zstd,
        }
    }
}

fn weighted(element: &str) -> (&str, u16) {
    let mut parts = element.split(';');
    let name = parts.next().unwrap_or_default().trim();
    let weight = parts.find_map(|part| part.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('='));
    (name, weight.map_or(1000, |text| thousandths(text.trim())))
}

/// Reads a weight in thousandths; an invalid one counts as a refusal.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn best(accept: Option<&str>, there: &[Encoding]) -> Option<Encoding> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap());
        }
        Wanted::read(&headers).best(&Encoding::OF_FILES, |encoding| there.contains(&encoding))
    }

    #[test]
    fn picks_what_the_client_likes_best_of_what_is_there() {
        use Encoding::{Brotli, Gzip};
        let both: &[Encoding] = &[Brotli, Gzip];
        let cases = [
            (None, both, None),
            (Some(""), both, None),
            (Some("gzip, deflate, br, zstd"), both, Some(Brotli)),
            (Some("gzip, deflate, br, zstd"), &[Gzip], Some(Gzip)),
            (Some("gzip"), &[Brotli], None),
            (Some("br;q=0.5, gzip"), both, Some(Gzip)),
            (Some("BR ; Q=0.001"), both, Some(Brotli)),
            (Some("br;q=0, gzip;q=0"), both, None),
            (Some("*"), both, Some(Brotli)),
            (Some("*;q=0, gzip"), both, Some(Gzip)),
            (Some("gzip;q=0.5, identity"), both, None),
            (Some("gzip;q=2"), both, None),
            (Some("gzip;q=x"), both, None),
            (Some("identity;q=0"), both, None),
            (Some("zstd"), both, None),
        ];
        for (accept, there, expected) in cases {
            assert_eq!(best(accept, there), expected, "{accept:?}");
        }
    }
}
