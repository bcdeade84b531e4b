//! Authentication to the server: cleartext password, MD5, SCRAM-SHA-256 (RFC 7677).

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{self, ScramSha256};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;
use tokio_postgres::Config;
use tokio_postgres::config::ChannelBinding;

use super::connect::Opening;
use super::failure::WireFailure;

/// Answers the server's authentication requests until `AuthenticationOk`.
pub(super) async fn authenticate(
    opening: &mut Opening,
    config: &Config,
    user: &str,
    binding: Option<Vec<u8>>,
) -> Result<(), WireFailure> {
    let needs_binding = config.get_channel_binding() == ChannelBinding::Require;
    let first = opening.next().await?;
    if needs_binding && !matches!(first, Message::AuthenticationSasl(_)) {
        return Err(refused(
            "the server did not use channel binding, which channel_binding=require asks for",
        ));
    }
    match first {
        Message::AuthenticationOk => return Ok(()),
        Message::AuthenticationCleartextPassword => {
            let password = password(config)?.to_vec();
            opening.send(|out| frontend::password_message(&password, out)).await?;
        }
        Message::AuthenticationMd5Password(body) => {
            let hash = md5_hash(user.as_bytes(), password(config)?, body.salt());
            opening.send(|out| frontend::password_message(hash.as_bytes(), out)).await?;
        }
        Message::AuthenticationSasl(body) => scram(opening, &body, config, binding).await?,
        _ => return Err(refused("the server asks for a way to authenticate that is not supported")),
    }
    match opening.next().await? {
        Message::AuthenticationOk => Ok(()),
        _ => Err(strange()),
    }
}

fn password(config: &Config) -> Result<&[u8], WireFailure> {
    config
        .get_password()
        .ok_or_else(|| refused("the server asks for a password, and the connection string has none"))
}

async fn scram(
    opening: &mut Opening,
    body: &AuthenticationSaslBody,
    config: &Config,
    binding: Option<Vec<u8>>,
) -> Result<(), WireFailure> {
    let offered: Vec<&str> = body.mechanisms().collect().map_err(|_| strange())?;
    let offers = |mechanism| offered.contains(&mechanism);
    let binding = binding.filter(|_| config.get_channel_binding() != ChannelBinding::Disable);
    let (binding, mechanism) = match binding {
        Some(hash) if offers(sasl::SCRAM_SHA_256_PLUS) => {
            (sasl::ChannelBinding::tls_server_end_point(hash), sasl::SCRAM_SHA_256_PLUS)
        }
        Some(_) => (sasl::ChannelBinding::unrequested(), sasl::SCRAM_SHA_256),
        None => (sasl::ChannelBinding::unsupported(), sasl::SCRAM_SHA_256),
    };
    if !offers(mechanism) {
        return Err(refused("the server offers no SASL mechanism that is supported (SCRAM-SHA-256)"));
    }
    if config.get_channel_binding() == ChannelBinding::Require && mechanism != sasl::SCRAM_SHA_256_PLUS {
        return Err(refused(
            "the server did not use channel binding, which channel_binding=require asks for",
        ));
    }
    let mut scram = ScramSha256::new(password(config)?, binding);
    opening.send(|out| frontend::sasl_initial_response(mechanism, scram.message(), out)).await?;
    let Message::AuthenticationSaslContinue(body) = opening.next().await? else { return Err(strange()) };
    scram.update(body.data()).map_err(|error| refused(&error.to_string()))?;
    opening.send(|out: &mut BytesMut| frontend::sasl_response(scram.message(), out)).await?;
    let Message::AuthenticationSaslFinal(body) = opening.next().await? else { return Err(strange()) };
    scram.finish(body.data()).map_err(|error| refused(&error.to_string()))
}

fn refused(why: &str) -> WireFailure {
    WireFailure::Unreachable(why.to_owned())
}

fn strange() -> WireFailure {
    WireFailure::Protocol("the server sent an unexpected message while it authenticated".to_owned())
}
