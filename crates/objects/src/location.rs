//! The place of an app's objects, as `OBJECTS_URL` names it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use twinloop_runtime::Failure;
use url::Url;

/// The settings that a store is opened with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// `OBJECTS_URL`: a folder, or the URL of a store.
    pub url: String,
    /// The app's root, which a relative folder is in.
    pub root: String,
    /// The variables that name credentials: those that begin with `AWS_`, `GOOGLE_` and `AZURE_`.
    pub environment: HashMap<String, String>,
    /// The names of the buckets that keep versions.
    pub versioned: Vec<String>,
    /// `OBJECTS_PUBLIC_URL`: where the objects of public buckets are served, instead of the store's own address.
    pub public_url: Option<String>,
}

/// The place of the objects.
///
/// ```
/// use std::path::Path;
/// use twinloop_objects::StoreUrl;
///
/// let app = Path::new("/app");
/// assert_eq!(StoreUrl::read("files", app), Ok(StoreUrl::Folder("/app/files".into())));
/// assert_eq!(StoreUrl::read("memory://", app), Ok(StoreUrl::Memory));
/// assert!(StoreUrl::read("s3://photos?region=eu-central-1", app).is_ok());
/// assert!(StoreUrl::read("ftp://photos", app).unwrap_err().message.contains("OBJECTS_URL cannot be used"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A folder of this machine.
    Folder(PathBuf),
    /// The memory of this process.
    Memory,
    /// A bucket of a cloud's store.
    Cloud(Cloud),
}

/// A bucket of a cloud's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Whose protocol the store speaks.
    pub protocol: Protocol,
    /// The bucket, or with Azure the container.
    pub bucket: String,
    /// The prefix of all keys: empty, or a path that ends with `/`.
    pub prefix: String,
    /// The options of the URL, by name.
    options: HashMap<String, String>,
}

/// A protocol of object storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Amazon S3, and what is compatible with it.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

impl Protocol {
    fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "s3" => Some(Self::S3),
            "gs" => Some(Self::Google),
            "az" => Some(Self::Azure),
            _ => None,
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &["endpoint", "region"],
            Self::Google => &["endpoint"],
            Self::Azure => &["account", "endpoint"],
        }
    }
}

impl StoreUrl {
    /// Reads `OBJECTS_URL`; a folder that is relative lies in `root`.
    ///
    /// Shape: `memory://` · `s3://bucket/prefix?endpoint=…&region=…` · `gs://bucket/prefix?endpoint=…` ·
    /// `az://container/prefix?account=…&endpoint=…` · `file:///folder` · anything without `://`, a folder.
    /// Errors: `invalid_argument` for another scheme, an unknown option, a URL with a password in it.
    pub fn read(url: &str, root: &Path) -> Result<Self, Failure> {
        let Some((scheme, _)) = url.split_once("://") else { return Self::folder(url, root) };
        let parsed = Url::parse(url).map_err(|error| refused(&format!("it is no URL: {error}"), FORMS))?;
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
            return Err(refused(
                "it has a user, a password or a #",
                "Set AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS or AZURE_STORAGE_ACCOUNT_KEY and their like for credentials",
            ));
        }
        match scheme {
            "memory" if url == "memory://" => Ok(Self::Memory),
            "file" if parsed.query().is_none() => {
                let folder = parsed.to_file_path();
                folder.map(Self::Folder).map_err(|()| refused("it names no folder of this machine", FORMS))
            }
            _ => match Protocol::of_scheme(scheme) {
                Some(protocol) => Cloud::read(protocol, &parsed).map(Self::Cloud),
                None => Err(refused(&format!("{scheme}:// is no store, or takes no options"), FORMS)),
            },
        }
    }

    /// The folder that a text without `://` names. `memory:` and `s3:bucket` are slips and no folders; `C:\objects` is one.
    fn folder(text: &str, root: &Path) -> Result<Self, Failure> {
        let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match text.split_once(':') {
            _ if text.trim().is_empty() => Err(refused("it is empty", FORMS)),
            Some((word, _)) if is_word(word) => {
                Err(refused(&format!("{word}: without // is neither a store nor a folder"), FORMS))
            }
            _ => Ok(Self::Folder(root.join(text))),
        }
    }

    /// The place for people, without credentials.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Memory => "the memory of this process".to_owned(),
            Self::Cloud(cloud) => cloud.place(),
        }
    }
}

const FORMS: &str =
    "Write a folder, s3://bucket?endpoint=…&region=…, gs://bucket or az://container?account=…";

fn refused(why: &str, next: &str) -> Failure {
    Failure::invalid_argument(format!("OBJECTS_URL cannot be used: {why}. {next}"))
}

/// The characters that a path of a URL shows encoded: all but RFC 3986's unreserved characters and `/`.
const OUTSIDE_OF_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

impl Cloud {
    fn read(protocol: Protocol, url: &Url) -> Result<Self, Failure> {
        let bucket = url.host_str().unwrap_or_default().to_owned();
        if bucket.is_empty() || url.port().is_some() {
            return Err(refused(
                "it names no bucket, or a port",
                "Write the bucket after ://, and the server as endpoint=…",
            ));
        }
        let mut options = HashMap::new();
        for (name, value) in url.query_pairs() {
            if !protocol.options().contains(&name.as_ref()) {
                let known = protocol.options().join(", ");
                return Err(refused(
                    &format!("there is no option {name:?}"),
                    &format!("Its options are {known}"),
                ));
            }
            if value.is_empty() || options.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(refused(&format!("the option {name} is empty, or given twice"), "Give it once"));
            }
        }
        if let Some(endpoint) = options.get("endpoint")
            && !Url::parse(endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        {
            return Err(refused(
                "endpoint is no http:// or https:// URL",
                "Write such as endpoint=http://localhost:9000",
            ));
        }
        let path = url.path().trim_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let prefix = percent_decode_str(&prefix).decode_utf8_lossy().into_owned();
        object_store::path::Path::parse(&prefix)
            .map_err(|error| refused(&error.to_string(), "Write another prefix"))?;
        Ok(Self { protocol, bucket, prefix, options })
    }

    /// The value of an option of the URL.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    fn place(&self) -> String {
        let scheme = match self.protocol {
            Protocol::S3 => "s3",
            Protocol::Google => "gs",
            Protocol::Azure => "az",
        };
        let at = self.option("endpoint").map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
        format!("{scheme}://{}/{}{at}", self.bucket, self.prefix)
    }

    /// The address that the store itself serves public objects at, ending with `/`.
    ///
    /// Source: Amazon S3, "Virtual hosting of buckets"; Cloud Storage, "Request endpoints"; Blob Storage, "Blob service endpoint".
    pub(crate) fn public_base(&self, region: &str) -> Option<String> {
        let bucket = &self.bucket;
        let prefix = utf8_percent_encode(&self.prefix, OUTSIDE_OF_PATHS);
        let endpoint = self.option("endpoint").map(|endpoint| endpoint.trim_end_matches('/'));
        Some(match (self.protocol, endpoint) {
            (_, Some(endpoint)) => format!("{endpoint}/{bucket}/{prefix}"),
            (Protocol::S3, None) => format!("https://{bucket}.s3.{region}.amazonaws.com/{prefix}"),
            (Protocol::Google, None) => format!("https://storage.googleapis.com/{bucket}/{prefix}"),
            (Protocol::Azure, None) => {
                format!("https://{}.blob.core.windows.net/{bucket}/{prefix}", self.option("account")?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use twinloop_runtime::Code;

    use super::*;

    fn read(url: &str) -> Result<StoreUrl, Failure> {
        StoreUrl::read(url, Path::new("/app"))
    }

    #[test]
    fn what_has_no_scheme_is_a_folder() {
        assert_eq!(read(".twinloop/objects").ok(), Some(StoreUrl::Folder("/app/.twinloop/objects".into())));
        assert_eq!(read("/var/objects").ok(), Some(StoreUrl::Folder("/var/objects".into())));
        assert_eq!(read("file:///var/objects").ok(), Some(StoreUrl::Folder("/var/objects".into())));
    }

    #[test]
    fn a_cloud_has_a_bucket_a_prefix_and_options() {
        let Ok(StoreUrl::Cloud(cloud)) =
            read("s3://files/app%201?endpoint=http://localhost:9000&region=eu-1")
        else {
            panic!("it was not read");
        };
        assert_eq!((cloud.bucket.as_str(), cloud.prefix.as_str()), ("files", "app 1/"));
        assert_eq!(cloud.option("region"), Some("eu-1"));
        assert_eq!(cloud.public_base("").as_deref(), Some("http://localhost:9000/files/app%201/"));
    }

    #[test]
    fn the_public_address_is_the_stores_own() {
        let base = |url: &str| match read(url) {
            Ok(StoreUrl::Cloud(cloud)) => cloud.public_base("eu-1"),
            _ => None,
        };
        assert_eq!(base("s3://files").as_deref(), Some("https://files.s3.eu-1.amazonaws.com/"));
        assert_eq!(base("gs://files/a").as_deref(), Some("https://storage.googleapis.com/files/a/"));
        assert_eq!(base("az://files?account=me").as_deref(), Some("https://me.blob.core.windows.net/files/"));
    }

    #[test]
    fn what_is_unknown_is_refused_with_a_next_step() {
        for url in [
            "",
            " ",
            "ftp://x",
            "s3://",
            "s3://b?regoin=x",
            "s3://b?region=",
            "s3://b?region=a&region=b",
            "s3://key:secret@b",
            "s3://b:9000",
            "s3://b?endpoint=localhost",
            "memory://x",
            "file:///x?a=b",
            "gs://b?region=x",
            "memory:",
            "s3:bucket",
            "file:/var/objects",
        ] {
            let refused = read(url).expect_err(url);
            assert_eq!(refused.code, Code::InvalidArgument, "{url}");
            assert!(
                refused.message.contains(". ") && !refused.message.contains("secret"),
                "{}",
                refused.message
            );
        }
    }
}
