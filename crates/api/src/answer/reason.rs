//! Why the edge refused a request, as logs, metrics and spans tell it.

/// The reason of a refusal; few values, so that they can label a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum RefusalReason {
    /// The head is not well-formed HTTP.
    Head = 1,
    /// The head is too long, or has too many headers.
    HeadLimit,
    /// The head did not arrive in time.
    HeadTimeout,
    /// The client speaks without TLS to a port that wants it.
    Tls,
    /// No endpoint has the path, or there is no file at it.
    NotFound,
    /// The path has no endpoint of this method.
    Method,
    /// Credentials are missing, or not valid.
    Auth,
    /// The caller has made too many requests.
    RateLimit,
    /// The input does not fit its schema, or cannot be read.
    Validation,
    /// The body, or a part of it, is too large.
    BodyLimit,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body ended early, or was badly framed.
    Body,
    /// The body has a type or an encoding that the endpoint does not take.
    MediaType,
    /// The client expects what is not done.
    Expectation,
    /// The handshake of a WebSocket cannot be agreed to.
    Handshake,
    /// Pages of this origin may not open the WebSocket.
    Origin,
    /// Too many requests or bodies wait.
    Overloaded,
    /// Nothing serves, or what a check needs cannot be reached.
    Unavailable,
    /// The handler did not answer in time.
    Timeout,
    /// The isolate ended before it answered.
    IsolateGone,
    /// A file or an upload cannot be read or stored.
    Storage,
    /// The handler's answer cannot be sent.
    BadAnswer,
    /// The runtime panicked.
    Panic,
}

impl RefusalReason {
    const ALL: [Self; 23] = [
        Self::Head,
        Self::HeadLimit,
        Self::HeadTimeout,
        Self::Tls,
        Self::NotFound,
        Self::Method,
        Self::Auth,
        Self::RateLimit,
        Self::Validation,
        Self::BodyLimit,
        Self::BodyTimeout,
        Self::Body,
        Self::MediaType,
        Self::Expectation,
        Self::Handshake,
        Self::Origin,
        Self::Overloaded,
        Self::Unavailable,
        Self::Timeout,
        Self::IsolateGone,
        Self::Storage,
        Self::BadAnswer,
        Self::Panic,
    ];

    /// The reason with this number; `None` for 0 and for numbers that none has.
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The word for logs and labels.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::HeadLimit => "head_limit",
            Self::HeadTimeout => "head_timeout",
            Self::Tls => "tls",
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::Auth => "auth",
            Self::RateLimit => "rate_limit",
            Self::Validation => "validation",
            Self::BodyLimit => "body_limit",
            Self::BodyTimeout => "body_timeout",
            Self::Body => "body",
            Self::MediaType => "media_type",
            Self::Expectation => "expectation",
            Self::Handshake => "handshake",
            Self::Origin => "origin",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::IsolateGone => "isolate_gone",
            Self::Storage => "storage",
            Self::BadAnswer => "bad_answer",
            Self::Panic => "panic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_by_its_number() {
        for reason in RefusalReason::ALL {
            assert_eq!(RefusalReason::of_number(reason as u8), Some(reason));
        }
        assert_eq!(RefusalReason::of_number(0), None);
        assert_eq!(RefusalReason::of_number(24), None);
    }
}
