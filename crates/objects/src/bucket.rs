//! The questions about one object of a bucket that are answered at once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes as Kept, GetOptions, GetResult, ObjectMeta, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, PutResult,
};
use serde::{Deserialize, Serialize};
use twinloop_runtime::{Code, Failure};

use crate::failure::{names_no_bucket, of_store};
use crate::key::{check_name, object_path, shown};
use crate::store::BucketStore;

/// A URL is valid for at most a week: the limit of S3's and Google's signatures.
const MAX_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// The attributes of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// The object's key.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The entity tag: another one for other contents.
    pub etag: String,
    /// The version, where the bucket keeps several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The content type that it was uploaded with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// The options of an upload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadOptions {
    /// The object's content type.
    pub content_type: Option<String>,
    /// Whether an object that is there is kept, and the upload refused with `already_exists`.
    #[serde(default)]
    pub not_exists: bool,
}

/// A bucket of an open store.
///
/// ```
/// use std::sync::Arc;
/// use twinloop_objects::{Bucket, BucketStore, Settings, UploadOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), twinloop_runtime::Failure> {
/// let settings = Settings { url: "memory://".to_owned(), ..Settings::default() };
/// let store = Arc::new(BucketStore::open(&settings).await?);
/// let avatars = Bucket::of(&store, "avatars")?;
/// let stored = avatars.put("ada.png", "bytes".into(), &UploadOptions::default()).await?;
/// assert_eq!(avatars.attributes("ada.png", None).await?.etag, stored.etag);
/// avatars.remove("ada.png").await?;
/// assert!(!avatars.exists("ada.png", None).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bucket {
    pub(crate) store: Arc<BucketStore>,
    /// The prefix of the paths of the bucket's objects; ends with `/`.
    pub(crate) base: String,
}

impl Bucket {
    /// The bucket of this name in a store.
    ///
    /// Errors: `invalid_argument` for a name that is none.
    pub fn of(store: &Arc<BucketStore>, name: &str) -> Result<Self, Failure> {
        check_name(name)?;
        Ok(Self { store: Arc::clone(store), base: store.base(name) })
    }

    pub(crate) fn path(&self, key: &str) -> Result<Path, Failure> {
        object_path(&self.base, key)
    }

    /// Reads the attributes of an object.
    ///
    /// Errors: `not_found`.
    pub async fn attributes(&self, key: &str, version: Option<String>) -> Result<Attributes, Failure> {
        let options = GetOptions { head: true, ..self.get_options(version)? };
        let found = self.get(key, options).await?;
        Ok(self.described(key, &found.meta, &found.attributes).await)
    }

    /// Whether there is an object.
    ///
    /// Errors: those of the store; `unimplemented` for a version where the store keeps none.
    pub async fn exists(&self, key: &str, version: Option<String>) -> Result<bool, Failure> {
        match self.attributes(key, version).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.code == Code::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// Errors: `invalid_argument` for the key; those of the store.
    pub async fn remove(&self, key: &str) -> Result<(), Failure> {
        let path = self.path(key)?;
        match self.store.objects.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(of_store(&format!("removing {} failed", shown(key)), &error)),
        }
        if let Some(content_types) = &self.store.content_types {
            content_types.forget(&path).await;
        }
        Ok(())
    }

    /// Uploads an object that is in memory, in one request.
    ///
    /// Errors: `already_exists` where the options ask for none and there is one.
    pub async fn put(&self, key: &str, bytes: Bytes, options: &UploadOptions) -> Result<Attributes, Failure> {
        let path = self.path(key)?;
        let size = bytes.len() as u64;
        let payload = PutPayload::from(bytes);
        let put = self.put_payload(&path, payload, options).await;
        let put = put.map_err(|error| upload_failed(key, &error))?;
        self.uploaded(key, &path, put, size, options).await
    }

    pub(crate) async fn put_payload(
        &self,
        path: &Path,
        payload: PutPayload,
        options: &UploadOptions,
    ) -> object_store::Result<PutResult> {
        let mode = if options.not_exists { PutMode::Create } else { PutMode::Overwrite };
        let put = PutOptions { mode, attributes: self.kept(options), ..PutOptions::default() };
        self.store.objects.put_opts(path, payload, put).await
    }

    /// The attributes that the store itself keeps with an object; a folder keeps none.
    pub(crate) fn kept(&self, options: &UploadOptions) -> Kept {
        let mut kept = Kept::new();
        if let (Some(content_type), None) = (&options.content_type, &self.store.content_types) {
            kept.insert(Attribute::ContentType, content_type.clone().into());
        }
        kept
    }

    /// The attributes of an object that was just uploaded.
    pub(crate) async fn uploaded(
        &self,
        key: &str,
        path: &Path,
        put: PutResult,
        size: u64,
        options: &UploadOptions,
    ) -> Result<Attributes, Failure> {
        let etag = put.e_tag.unwrap_or_default();
        if let (Some(content_types), Some(content_type)) = (&self.store.content_types, &options.content_type)
        {
            let noted = content_types.note(path, &etag, content_type).await;
            noted.map_err(|error| of_store("the object is there, noting its content type failed", &error))?;
        }
        Ok(Attributes {
            name: key.to_owned(),
            size,
            etag,
            version: put.version,
            content_type: options.content_type.clone(),
        })
    }

    /// A URL by which anyone may download the object for `ttl`.
    ///
    /// Units: from 1 s to 7 days.
    pub async fn signed_download(&self, key: &str, ttl: Duration) -> Result<String, Failure> {
        self.store.sign(Method::GET, &self.path(key)?, bounded(ttl)?).await
    }

    /// A URL by which anyone may upload the object for `ttl`, by `PUT`.
    ///
    /// Units: from 1 s to 7 days.
    pub async fn signed_upload(&self, key: &str, ttl: Duration) -> Result<String, Failure> {
        self.store.sign(Method::PUT, &self.path(key)?, bounded(ttl)?).await
    }

    pub(crate) async fn get(&self, key: &str, options: GetOptions) -> Result<GetResult, Failure> {
        let path = self.path(key)?;
        let found = self.store.objects.get_opts(&path, options).await;
        found.map_err(|error| match error {
            object_store::Error::NotFound { .. } if !names_no_bucket(&error) => {
                Failure::not_found(format!("there is no object {}", shown(key)))
            }
            error => of_store(&format!("reading {} failed", shown(key)), &error),
        })
    }

    pub(crate) fn get_options(&self, version: Option<String>) -> Result<GetOptions, Failure> {
        if version.is_some() && self.store.pages.is_none() {
            let message = format!("{} keeps no versions: leave `version` out", self.store.place());
            return Err(Failure::unimplemented(message));
        }
        Ok(GetOptions { version, ..GetOptions::default() })
    }

    pub(crate) async fn described(&self, key: &str, meta: &ObjectMeta, kept: &Kept) -> Attributes {
        let etag = meta.e_tag.clone();
        let content_type = match &self.store.content_types {
            Some(content_types) => content_types.of(&meta.location, etag.as_deref()).await,
            None => kept.get(&Attribute::ContentType).map(|value| value.as_ref().to_owned()),
        };
        Attributes {
            name: key.to_owned(),
            size: meta.size,
            etag: etag.unwrap_or_default(),
            version: meta.version.clone(),
            content_type,
        }
    }
}

/// The failure of an upload: a precondition that did not hold is told in its own words.
pub(crate) fn upload_failed(key: &str, error: &object_store::Error) -> Failure {
    match error {
        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. } => {
            already_exists(key)
        }
        error => of_store(&format!("uploading {} failed", shown(key)), error),
    }
}

pub(crate) fn already_exists(key: &str) -> Failure {
    let hint = "upload without preconditions.notExists to replace it";
    Failure::new(Code::AlreadyExists, format!("there is an object {} already: {hint}", shown(key)))
}

fn bounded(ttl: Duration) -> Result<Duration, Failure> {
    if (Duration::from_secs(1)..=MAX_TTL).contains(&ttl) {
        return Ok(ttl);
    }
    Err(Failure::invalid_argument("the ttl of a signed URL is from 1 second to 7 days"))
}
