//! The names of a secret in the environment and in folders.

/// Returns the names by which a secret is looked for: its own, then the same in capitals with underscores.
///
/// Shape: `StripeKey` -> `StripeKey`, `STRIPE_KEY`; `APIKey` -> `APIKey`, `API_KEY`; `TOKEN` -> `TOKEN`.
pub fn spellings(name: &str) -> Vec<String> {
    let capitals = capitals(name);
    if capitals == name { vec![capitals] } else { vec![name.to_owned(), capitals] }
}

fn capitals(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            text.push('_');
            continue;
        }
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let begins_word = character.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins_word {
            text.push('_');
        }
        text.push(character.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_their_capitals() {
        let cases = [
            ("StripeKey", "STRIPE_KEY"),
            ("stripeKey", "STRIPE_KEY"),
            ("APIKey", "API_KEY"),
            ("OAuth2Token", "O_AUTH2_TOKEN"),
            ("db-password", "DB_PASSWORD"),
            ("tls.key", "TLS_KEY"),
            ("already_so", "ALREADY_SO"),
        ];
        for (name, capitals) in cases {
            assert_eq!(spellings(name), [name, capitals]);
        }
        assert_eq!(spellings("STRIPE_KEY"), ["STRIPE_KEY"]);
    }
}
