use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret of at least thirty-two bytes";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({ "iss": "https://issuer.example", "aud": ["shop", "other"], "sub": "ann", "exp": now() + 60 })
}

fn with(name: &str, value: &Value) -> Value {
    let mut claims = claims();
    claims[name] = value.clone();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature))
}

fn hs256(secret: &str) -> impl FnOnce(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    move |signed| hmac::sign(&key, signed).as_ref().to_vec()
}

fn of_secret(claims: &Value) -> String {
    token(&json!({ "alg": "HS256", "typ": "JWT" }), claims, hs256(SECRET))
}

fn verifier(algorithms: &[&str], keys: &Value) -> Result<Jwt, String> {
    let config = json!({
        "algorithms": algorithms,
        "issuers": ["https://issuer.example"],
        "audiences": ["shop"],
        "clockToleranceMs": 5000,
        "userID": "sub",
        "keys": keys,
    });
    Jwt::new(&serde_json::from_value(config).unwrap())
}

async fn user(jwt: &Jwt, token: &str) -> Option<String> {
    match jwt.verify(token).await {
        Verified::Known(caller) => Some(caller.user_id.to_string()),
        Verified::Nobody | Verified::Unavailable => None,
    }
}

#[tokio::test]
async fn a_token_of_the_secret_is_its_bearers() {
    let jwt = verifier(&["HS256"], &json!({ "secret": SECRET })).unwrap();
    assert_eq!(user(&jwt, &of_secret(&claims())).await.as_deref(), Some("ann"));
    let Verified::Known(caller) = jwt.verify(&of_secret(&with("role", &json!("admin")))).await else {
        panic!()
    };
    let data: Value = serde_json::from_slice(&caller.data.bytes).unwrap();
    assert_eq!((&data["userID"], &data["claims"]["role"]), (&json!("ann"), &json!("admin")));
}

#[tokio::test]
async fn claims_that_do_not_fit_are_nobodys() {
    let jwt = verifier(&["HS256"], &json!({ "secret": SECRET })).unwrap();
    let refused = [
        without("exp"),
        without("iss"),
        without("aud"),
        without("sub"),
        with("exp", &json!(now() - 6)),
        with("exp", &json!("9999999999")),
        with("exp", &json!(null)),
        with("nbf", &json!(now() + 60)),
        with("nbf", &json!("soon")),
        with("iss", &json!("https://other.example")),
        with("iss", &json!(["https://issuer.example"])),
        with("aud", &json!("shops")),
        with("aud", &json!([])),
        with("aud", &json!({ "shop": true })),
        with("sub", &json!("")),
        with("sub", &json!(7)),
        json!([]),
        json!("text"),
    ];
    for claims in refused {
        assert_eq!(user(&jwt, &of_secret(&claims)).await, None, "{claims}");
    }
    for claims in
        [with("exp", &json!(now() - 2)), with("nbf", &json!(now() + 2)), with("aud", &json!("shop"))]
    {
        assert_eq!(user(&jwt, &of_secret(&claims)).await.as_deref(), Some("ann"), "{claims}");
    }
}

#[tokio::test]
async fn headers_that_do_not_fit_are_nobodys() {
    let jwt = verifier(&["HS256"], &json!({ "secret": SECRET })).unwrap();
    let headers = [
        json!({ "alg": "none" }),
        json!({ "alg": "None" }),
        json!({ "alg": "hs256" }),
        json!({ "alg": "HS512" }),
        json!({ "alg": "RS256" }),
        json!({ "typ": "JWT" }),
        json!({ "alg": "HS256", "crit": ["b64"], "b64": false }),
        json!({ "alg": "HS256", "kid": 7 }),
        json!(["HS256"]),
    ];
    for header in headers {
        assert_eq!(user(&jwt, &token(&header, &claims(), hs256(SECRET))).await, None, "{header}");
    }
    assert_eq!(user(&jwt, &token(&json!({ "alg": "none" }), &claims(), |_| Vec::new())).await, None);
}

#[tokio::test]
async fn text_that_is_no_token_is_nobodys() {
    let jwt = verifier(&["HS256"], &json!({ "secret": SECRET })).unwrap();
    let good = of_secret(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let bad = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        parts[..2].join("."),
        format!("{good}."),
        format!("{good}.x"),
        format!("{good}="),
        format!(" {good}"),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], encode(r#"{"sub":"eve"}"#), parts[2]),
        token(&json!({ "alg": "HS256" }), &claims(), hs256("another secret of at least 32 bytes")),
        "é.é.é".to_owned(),
    ];
    for text in bad {
        assert_eq!(user(&jwt, &text).await, None, "{text}");
    }
}

#[tokio::test]
async fn public_keys_verify_by_their_own_algorithm_alone() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let edwards = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let point = ec.public_key().as_ref();
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    let keys = json!([
        { "kty": "EC", "crv": "P-256", "kid": "e", "x": x, "y": y },
        { "kty": "OKP", "crv": "Ed25519", "kid": "o", "x": encode(edwards.public_key()) },
    ]);
    let jwt = verifier(&["ES256", "EdDSA"], &json!({ "keys": keys })).unwrap();
    let by_ec = |signed: &[u8]| ec.sign(&random, signed).unwrap().as_ref().to_vec();
    let by_edwards = |signed: &[u8]| edwards.sign(signed).as_ref().to_vec();
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    assert_eq!(user(&jwt, &token(&header("ES256", "e"), &claims(), by_ec)).await.as_deref(), Some("ann"));
    assert_eq!(
        user(&jwt, &token(&json!({ "alg": "ES256" }), &claims(), by_ec)).await.as_deref(),
        Some("ann")
    );
    assert_eq!(
        user(&jwt, &token(&header("EdDSA", "o"), &claims(), by_edwards)).await.as_deref(),
        Some("ann")
    );
    assert_eq!(user(&jwt, &token(&header("EdDSA", "e"), &claims(), by_edwards)).await, None, "another kid");
    assert_eq!(
        user(&jwt, &token(&header("ES256", "o"), &claims(), by_edwards)).await,
        None,
        "another algorithm"
    );
    // The public key as the secret of an HMAC: RFC 8725, section 2.1.
    let confused = token(&header("HS256", "e"), &claims(), hs256(&x));
    assert_eq!(user(&jwt, &confused).await, None);
}

#[test]
fn keys_that_cannot_be_used_are_told() {
    let short = json!({ "secret": "short" });
    let none = json!({ "keys": [] });
    let symmetric = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] });
    let encryption = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "use": "enc" }] });
    let plain = json!({ "jwks": "http://issuer.example/jwks" });
    let no_url = json!({ "jwks": "issuer" });
    for keys in [short, none, symmetric, encryption, plain, no_url] {
        assert!(verifier(&["ES256"], &keys).is_err(), "{keys}");
    }
    assert!(verifier(&[], &json!({ "secret": SECRET })).is_err());
}

#[test]
fn a_secret_is_not_shown() {
    let keys: JwtKeysConfig = serde_json::from_value(json!({ "secret": SECRET })).unwrap();
    assert!(!format!("{keys:?}").contains(SECRET));
}
