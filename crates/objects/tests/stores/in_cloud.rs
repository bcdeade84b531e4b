//! What only a cloud's store does, and how its failures are told.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use twinloop_objects::{Bucket, BucketStore};

use crate::fixture::{download, folder, memory, put, s3, settings};
use crate::s3_server::S3Server;

async fn ask(method: &str, url: &str, body: &'static str) -> (u16, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::builder().method(method).uri(url);
    let request = request.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_is_all_that_is_needed() {
    let fixture = s3().await;
    let bucket = fixture.bucket("signed");
    let hour = Duration::from_secs(3600);
    let upload = bucket.signed_upload("a b/ü.txt", hour).await.unwrap();
    assert_eq!(ask("PUT", &upload, "from outside").await.0, 200);
    assert_eq!(download(&bucket, "a b/ü.txt").await.unwrap(), b"from outside");
    let url = bucket.signed_download("a b/ü.txt", hour).await.unwrap();
    assert_eq!(ask("GET", &url, "").await, (200, Bytes::from_static(b"from outside")));
    assert_eq!(ask("GET", url.split('?').next().unwrap(), "").await.0, 403);
    assert_eq!(ask("PUT", &url, "another method").await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ttl_out_of_range_is_refused() {
    let fixture = s3().await;
    let bucket = fixture.bucket("signed");
    for ttl in [Duration::ZERO, Duration::from_secs(7 * 86_400 + 1)] {
        assert_eq!(bucket.signed_download("x", ttl).await.unwrap_err().code.to_string(), "invalid_argument");
    }
}

#[tokio::test]
async fn what_signs_no_urls_says_so() {
    for fixture in [memory().await, folder().await] {
        let refused = fixture.bucket("signed").signed_upload("x", Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(refused.code.to_string(), "unimplemented");
        assert!(refused.message.contains("OBJECTS_URL"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_goes_on_over_the_pages_of_the_store() {
    let fixture = s3().await;
    let bucket = fixture.named("many");
    for number in 0..5 {
        put(&bucket, &format!("{number}"), "x").await;
    }
    let listing = twinloop_objects::Listing::begin(&bucket, "");
    assert_eq!(listing.page(3).await.unwrap().len(), 3);
    assert_eq!(listing.page(1_000).await.unwrap().len(), 2);
    assert!(listing.page(1).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_is_told_when_it_is_opened() {
    let server = S3Server::start("files").await;
    let code = async |settings| match BucketStore::open(&settings).await {
        Ok(_) => "none".to_owned(),
        Err(failure) => failure.code.to_string(),
    };
    assert_eq!(code(server.settings("files")).await, "none");
    assert_eq!(code(server.settings("nowhere")).await, "failed_precondition");
    let mut stranger = server.settings("files");
    stranger.environment.insert("AWS_SECRET_ACCESS_KEY".into(), "another".into());
    assert_eq!(code(stranger).await, "unauthenticated");
    let mut gone = server.settings("files");
    gone.url = "s3://files?endpoint=http://127.0.0.1:1&region=x".into();
    assert_eq!(code(gone).await, "unavailable");
    assert_eq!(code(settings("ftp://files")).await, "invalid_argument");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_is_unavailable() {
    let server = S3Server::start("files").await;
    let store = Arc::new(BucketStore::open(&server.settings("files")).await.unwrap());
    let bucket = Bucket::of(&store, "a").unwrap();
    put(&bucket, "x", "1").await;
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = tokio::time::timeout(Duration::from_secs(60), bucket.attributes("y", None)).await;
    assert_eq!(asked.unwrap().unwrap_err().code.to_string(), "unavailable");
}

#[tokio::test]
async fn google_and_azure_are_configured_from_their_variables() {
    let open = async |url: &str, variables: &[(&str, &str)]| {
        let mut settings = settings(url);
        settings.environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        BucketStore::open(&settings).await.map(|_| ()).map_err(|failure| failure.code.to_string())
    };
    // Nobody listens there: that the request is made shows that URL and credentials were understood.
    let key = "Zm9vYmFy";
    let azure =
        open("az://files?account=me&endpoint=http://127.0.0.1:1/me", &[("AZURE_STORAGE_ACCOUNT_KEY", key)])
            .await;
    assert_eq!(azure, Err("unavailable".to_owned()));
    let google = open("gs://files?endpoint=http://127.0.0.1:1", &[("GOOGLE_SKIP_SIGNATURE", "true")]).await;
    assert_eq!(google, Err("unavailable".to_owned()));
}
