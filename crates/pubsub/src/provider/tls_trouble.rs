//! What to do about a handshake of TLS that has failed.

/// The reason for which a handshake with a broker has failed, and somebody has to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsTrouble {
    /// The broker's certificate is for another name.
    WrongName,
    /// Nobody vouches for the broker's certificate.
    Untrusted,
    /// The broker wants a certificate of the client, or another one.
    ClientRefused,
    /// What answers there does not speak TLS.
    NoTls,
}

impl TlsTrouble {
    /// Finds the reason in an error's text, which is all that passes the clients; `None` for other errors.
    pub(super) fn of(text: &str) -> Option<Self> {
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["NotValidForName", "not valid for name"]) {
            return Some(Self::WrongName);
        }
        if says(&["invalid peer certificate"]) {
            return Some(Self::Untrusted);
        }
        if says(&["InvalidContentType"]) {
            return Some(Self::NoTls);
        }
        says(&["CertificateRequired", "HandshakeFailure", "BadCertificate", "UnknownCA"])
            .then_some(Self::ClientRefused)
    }

    /// Says what to change in the broker's URL. `plain` is the scheme without TLS; `other_name` is where else the certificate's
    /// name can be given, in words.
    pub(super) fn advice(self, plain: &str, other_name: &str) -> String {
        match self {
            Self::WrongName => {
                format!("its certificate is for another name: use that in the URL{other_name}")
            }
            Self::Untrusted => {
                "its certificate is not trusted: name the file of its CA in the URL, cacertfile=…".to_owned()
            }
            Self::ClientRefused => {
                "it wants a client certificate that it trusts: name its files in the URL, certfile=… and keyfile=…".to_owned()
            }
            Self::NoTls => {
                format!("nothing there speaks TLS: name the port that does, or begin the URL with {plain}")
            }
        }
    }
}
