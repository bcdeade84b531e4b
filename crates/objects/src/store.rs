//! An open store: a folder, the memory of the process, or a bucket of a cloud.

use std::path::{Path as Folder, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::Method;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use tokio::time::timeout;
use twinloop_runtime::{Code, Failure};

use crate::connector::HyperConnector;
use crate::content_types::ContentTypes;
use crate::failure::{is_policy, of_store, too_late};
use crate::key::shown;
use crate::location::{Cloud, Protocol, Settings, StoreUrl};

/// How long the first request to a store may take.
const FIRST_ANSWER: Duration = Duration::from_secs(15);
/// A request that a store has not answered, or with 5xx, is repeated at most so often, and for so long.
const RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// The objects of `memory://`, shared by all isolates of the process.
static MEMORY: LazyLock<Arc<InMemory>> = LazyLock::new(|| Arc::new(InMemory::new()));

/// An open store, which holds the buckets of an app.
///
/// A bucket is the first segment of its objects' paths, so one folder, or one bucket of a cloud, holds all buckets of an app.
pub struct BucketStore {
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// Pages of a listing by any prefix, where the store has them.
    pub(crate) pages: Option<Arc<dyn PaginatedListStore>>,
    signer: Option<Arc<dyn Signer>>,
    /// The content types of a folder's objects, which a file system does not keep.
    pub(crate) content_types: Option<ContentTypes>,
    prefix: String,
    place: String,
    public_base: Option<String>,
}

impl BucketStore {
    /// Opens a store; a cloud's is asked once, so that a wrong bucket or credential is told now.
    ///
    /// Units: at most 15 s for a cloud's answer.
    /// Errors: `invalid_argument` for the URL · `failed_precondition` for a bucket that is not there, or versions that a store
    /// does not keep · `unauthenticated` · `unavailable` · `permission_denied` for a folder.
    pub async fn open(settings: &Settings) -> Result<Self, Failure> {
        let location = StoreUrl::read(&settings.url, Folder::new(&settings.root))?;
        let mut store = match &location {
            StoreUrl::Folder(folder) => Self::folder(folder.clone()).await?,
            StoreUrl::Memory => Self::local(Arc::clone(&MEMORY) as Arc<dyn ObjectStore>, None),
            StoreUrl::Cloud(cloud) => Self::cloud(cloud, settings)?,
        };
        store.place = location.place();
        if let Some(base) = &settings.public_url {
            store.public_base = Some(format!("{}/", base.trim_end_matches('/')));
        }
        if store.pages.is_none()
            && let Some(name) = settings.versioned.first()
        {
            let message = format!(
                "the bucket {} is versioned, and {} keeps no versions: set OBJECTS_URL to a store that does, or drop `versioned`",
                shown(name),
                store.place
            );
            return Err(Failure::failed_precondition(message));
        }
        store.probe().await?;
        Ok(store)
    }

    fn local(objects: Arc<dyn ObjectStore>, content_types: Option<ContentTypes>) -> Self {
        Self {
            objects,
            pages: None,
            signer: None,
            content_types,
            prefix: String::new(),
            place: String::new(),
            public_base: None,
        }
    }

    async fn folder(folder: PathBuf) -> Result<Self, Failure> {
        let opened = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder).map_err(|error| (folder.display().to_string(), error))?;
            Ok(LocalFileSystem::new_with_prefix(&folder))
        });
        let opened = opened.await.map_err(|error| Failure::internal(error.to_string()))?;
        let files = opened.map_err(|(folder, error): (String, std::io::Error)| {
            let hint = "make the folder, or set OBJECTS_URL to one that this user may write to";
            Failure::new(
                Code::PermissionDenied,
                format!("the folder {folder} cannot be used: {error}; {hint}"),
            )
        })?;
        let files = files.map_err(|error| of_store("opening the folder of OBJECTS_URL failed", &error))?;
        let files: Arc<dyn ObjectStore> = Arc::new(files.with_automatic_cleanup(true).with_fsync(true));
        Ok(Self::local(Arc::clone(&files), Some(ContentTypes::beside(files))))
    }

    fn cloud(cloud: &Cloud, settings: &Settings) -> Result<Self, Failure> {
        let configured = match cloud.protocol {
            Protocol::S3 => s3(cloud, settings),
            Protocol::Google => google(cloud, settings),
            Protocol::Azure => azure(cloud, settings),
        };
        let parts =
            configured.map_err(|error| of_store("OBJECTS_URL and the credentials cannot be used", &error))?;
        Ok(Self {
            objects: parts.objects,
            pages: Some(parts.pages),
            signer: Some(parts.signer),
            content_types: None,
            prefix: cloud.prefix.clone(),
            place: String::new(),
            public_base: parts.public_base,
        })
    }

    /// Asks for one object. That listing is forbidden says that the credentials are known, and is no failure.
    async fn probe(&self) -> Result<(), Failure> {
        let Some(pages) = &self.pages else { return Ok(()) };
        let doing = format!("opening {} failed", self.place);
        let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        let prefix = Some(self.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        let Ok(answer) = timeout(FIRST_ANSWER, pages.list_paginated(prefix, one)).await else {
            return Err(too_late(&doing, FIRST_ANSWER.as_secs()));
        };
        match answer {
            Err(error) if !is_policy(&error) => Err(of_store(&doing, &error)),
            _ => Ok(()),
        }
    }

    /// The store's place for people, without credentials.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The address of public objects, ending with `/`, where there is one: the bucket's name and the key follow it.
    pub fn public_base(&self) -> Option<&str> {
        self.public_base.as_deref()
    }

    /// The prefix of the paths of a bucket's objects: the store's own prefix and the bucket's name; ends with `/`.
    pub(crate) fn base(&self, bucket: &str) -> String {
        format!("{}{bucket}/", self.prefix)
    }

    /// A URL by which anyone may do `method` for `ttl`.
    ///
    /// Errors: `unimplemented` where the store signs nothing.
    pub(crate) async fn sign(&self, method: Method, path: &Path, ttl: Duration) -> Result<String, Failure> {
        let Some(signer) = &self.signer else {
            let message = format!(
                "{} signs no URLs: set OBJECTS_URL to s3://, gs:// or az://, or pass the bytes through an endpoint",
                self.place
            );
            return Err(Failure::unimplemented(message));
        };
        let url = signer.signed_url(method, path, ttl).await;
        url.map(String::from).map_err(|error| of_store("signing a URL failed", &error))
    }
}

/// A cloud's store by what it can do.
struct Parts {
    objects: Arc<dyn ObjectStore>,
    pages: Arc<dyn PaginatedListStore>,
    signer: Arc<dyn Signer>,
    public_base: Option<String>,
}

impl Parts {
    fn of<S: ObjectStore + PaginatedListStore + Signer>(store: S, public_base: Option<String>) -> Self {
        let store = Arc::new(store);
        Self {
            objects: Arc::clone(&store) as Arc<dyn ObjectStore>,
            pages: Arc::clone(&store) as Arc<dyn PaginatedListStore>,
            signer: store,
            public_base,
        }
    }
}

fn s3(cloud: &Cloud, settings: &Settings) -> object_store::Result<Parts> {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in variables(settings, "AWS_") {
        if let Ok(key) = key.parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = cloud.option("region") {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = cloud.option("endpoint") {
        builder = builder.with_endpoint(endpoint);
    }
    let region =
        builder.get_config_value(&AmazonS3ConfigKey::Region).unwrap_or_else(|| "us-east-1".to_owned());
    let builder = builder
        .with_bucket_name(&cloud.bucket)
        .with_client_options(client_options())
        .with_retry(retry())
        .with_http_connector(HyperConnector);
    Ok(Parts::of(builder.build()?, cloud.public_base(&region)))
}

fn google(cloud: &Cloud, settings: &Settings) -> object_store::Result<Parts> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (key, value) in variables(settings, "GOOGLE_") {
        if let Ok(key) = key.parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = cloud.option("endpoint") {
        builder = builder.with_base_url(endpoint);
    }
    let builder = builder
        .with_bucket_name(&cloud.bucket)
        .with_client_options(client_options())
        .with_retry(retry())
        .with_http_connector(HyperConnector);
    Ok(Parts::of(builder.build()?, cloud.public_base("")))
}

fn azure(cloud: &Cloud, settings: &Settings) -> object_store::Result<Parts> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in variables(settings, "AZURE_") {
        if let Ok(key) = key.parse::<AzureConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(account) = cloud.option("account") {
        builder = builder.with_account(account);
    }
    if let Some(endpoint) = cloud.option("endpoint") {
        builder = builder.with_endpoint(endpoint.to_owned());
    }
    let builder = builder
        .with_container_name(&cloud.bucket)
        .with_client_options(client_options())
        .with_retry(retry())
        .with_http_connector(HyperConnector);
    Ok(Parts::of(builder.build()?, cloud.public_base("")))
}

/// The variables of one cloud, in the spelling of its configuration keys.
fn variables<'a>(settings: &'a Settings, prefix: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    let environment = settings.environment.iter();
    environment
        .filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
}

/// `http://` is what endpoints on one's own machine and a cloud's metadata service speak.
fn client_options() -> ClientOptions {
    ClientOptions::new().with_allow_http(true)
}

fn retry() -> RetryConfig {
    let backoff = BackoffConfig { max_backoff: MAX_BACKOFF, ..BackoffConfig::default() };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT }
}
