//! Detection of sensitive names, whose values are never shown.

/// Fragments that make a name sensitive, in lower case without separators.
const PARTS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "cardnumber",
    "securitycode",
];

/// Words that make a name sensitive only as whole words: `pin`, `cardPin` and `x-pin`, but not `pinned`.
const WORDS: [&str; 16] = [
    "pass", "pwd", "pin", "cvv", "cvv2", "cvc", "cvc2", "csc", "otp", "totp", "jwt", "ssn", "iban", "sid",
    "session", "auth",
];

/// Most characters of a name that are examined.
const MAX_CHARS: usize = 128;

/// The length of the longest of `WORDS`.
const MAX_WORD: usize = 8;

/// Whether a name is sensitive, such as `password`, `new_password`, `userPwd`, `APIKey`, `x-api-key` or `refreshToken`.
///
/// Called for all names of an issue's path. Allocates nothing, since issues are frequent under attack.
pub(crate) fn is_sensitive(name: &str) -> bool {
    has_part(name) || has_word(name)
}

/// Whether the letters and digits of a name, without separators, contain one of `PARTS`.
fn has_part(name: &str) -> bool {
    let mut together = [0; MAX_CHARS];
    let mut length = 0;
    for c in name.chars().take(MAX_CHARS).filter(char::is_ascii_alphanumeric) {
        together[length] = c.to_ascii_lowercase() as u8;
        length += 1;
    }
    let mut rest = &together[..length];
    while let Some(first) = rest.first() {
        // `pstcak` are the first letters of all parts.
        if b"pstcak".contains(first) && PARTS.iter().any(|part| rest.starts_with(part.as_bytes())) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Whether a name contains one of `WORDS` as a word, in `camelCase`, `snake_case`, `kebab-case`, `SCREAMING_CASE` or `APIName`.
fn has_word(name: &str) -> bool {
    let mut word = Word::default();
    let mut before: Option<char> = None;
    let mut chars = name.chars().take(MAX_CHARS).peekable();
    while let Some(c) = chars.next() {
        let is_after_lower = before.is_some_and(char::is_lowercase);
        let is_last_of_capitals =
            before.is_some_and(char::is_uppercase) && chars.peek().is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase() && (is_after_lower || is_last_of_capitals);
        if !c.is_alphanumeric() || begins {
            if word.is_known() {
                return true;
            }
            word = Word::default();
        }
        if c.is_alphanumeric() {
            word.push(c);
        }
        before = Some(c);
    }
    word.is_known()
}

/// A word of a name, in lower case, up to the length of the longest of `WORDS`.
#[derive(Default)]
struct Word {
    letters: [u8; MAX_WORD],
    length: usize,
}

impl Word {
    fn push(&mut self, c: char) {
        if let Some(place) = self.letters.get_mut(self.length) {
            // All of `WORDS` are ASCII.
            *place = if c.is_ascii() { c.to_ascii_lowercase() as u8 } else { 0 };
        }
        self.length += 1;
    }

    fn is_known(&self) -> bool {
        let Some(letters) = self.letters.get(..self.length) else { return false };
        WORDS.iter().any(|known| known.as_bytes() == letters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_in_every_case() {
        for name in [
            "password",
            "Password",
            "PASSWORD",
            "newPassword",
            "new_password",
            "password_confirmation",
            "passwd",
            "userPwd",
            "secret",
            "client_secret",
            "clientSecret",
            "CLIENT_SECRET",
            "token",
            "access-token",
            "refreshToken",
            "accesstoken",
            "apiKey",
            "api_key",
            "API_KEY",
            "APIKey",
            "x-api-key",
            "apikey",
            "Authorization",
            "proxy-authorization",
            "pin",
            "cardPin",
            "PIN",
            "cvv",
            "cardCVV",
            "cvv2",
            "cvc",
            "otp",
            "jwt",
            "sid",
            "session",
            "connect.sid",
            "privateKey",
            "private_key",
            "credentials",
            "passphrase",
            "card_number",
            "cardNumber",
            "ssn",
        ] {
            assert!(is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn harmless_names() {
        for name in [
            "",
            "name",
            "email",
            "pinned",
            "spinner",
            "shipping",
            "compass",
            "passenger",
            "author",
            "authored_by",
            "side",
            "key",
            "keyboard",
            "sessions_count_",
            "bypass",
            "monkey",
            "cardholder",
            "discount",
            "größe",
        ] {
            assert!(!is_sensitive(name), "{name}");
        }
    }
}
