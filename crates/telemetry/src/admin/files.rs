//! The files of the dashboard, read once: a path is looked up among them, and never given to the file system.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use twinloop_runtime::Failure;

/// Most files, and most bytes of them together.
const MAX_FILES: usize = 1_000;
const MAX_BYTES: usize = 32 << 20;
/// The page that stands for every path of the dashboard.
const PAGE: &str = "/index.html";

/// A file.
#[derive(Clone)]
pub(crate) struct File {
    /// The media type, by the file's name.
    pub(crate) media_type: String,
    /// What the file holds.
    pub(crate) bytes: Bytes,
}

/// The files by their paths from the folder, such as `/assets/main.js`.
#[derive(Default)]
pub(crate) struct Files(HashMap<String, File>);

impl Files {
    /// Reads all files of a folder; links are not followed.
    ///
    /// Errors: `failed_precondition` where the folder cannot be read, holds no `index.html`, or holds too much.
    pub(crate) fn read(folder: &str) -> Result<Self, Failure> {
        let mut files = Self::default();
        let mut room = MAX_BYTES;
        files.add(Path::new(folder), "", &mut room).map_err(|error| {
            Failure::failed_precondition(format!("the dashboard's files in {folder} cannot be read: {error}"))
        })?;
        if !files.0.contains_key(PAGE) {
            let message = format!("{folder} has no index.html: install @twinloop/dashboard again");
            return Err(Failure::failed_precondition(message));
        }
        Ok(files)
    }

    fn add(&mut self, folder: &Path, prefix: &str, room: &mut usize) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}/{name}");
            if kind.is_dir() {
                self.add(&entry.path(), &path, room)?;
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path())?;
                *room =
                    room.checked_sub(bytes.len()).filter(|_| self.0.len() < MAX_FILES).ok_or_else(|| {
                        std::io::Error::other("there are more than 1,000 files or 32 MiB of them")
                    })?;
                let media_type = mime_guess::from_path(&name).first_or_octet_stream().to_string();
                self.0.insert(path, File { media_type, bytes: bytes.into() });
            }
        }
        Ok(())
    }

    /// The file of a path; a path without a file extension is a place within the page.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        let is_place = !path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        self.0.get(path).or_else(|| self.0.get(PAGE).filter(|_| is_place))
    }

    /// Whether there is a dashboard.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ui");
        std::fs::create_dir_all(root.join("assets")).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        assert!(Files::read(root.to_str().unwrap()).is_err());
        std::fs::write(root.join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(root.join("assets/main.js"), "1").unwrap();
        let files = Files::read(root.to_str().unwrap()).unwrap();
        assert_eq!(files.get("/").unwrap().media_type, "text/html");
        assert_eq!(files.get("/traces/1").unwrap().media_type, "text/html");
        assert!(files.get("/assets/main.js").unwrap().media_type.ends_with("javascript"));
        for outside in
            ["/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd.txt", "/assets/../../secret.txt", "/no.js"]
        {
            assert!(files.get(outside).is_none(), "{outside}");
        }
        assert!(Files::read("/nowhere/at/all").is_err());
    }
}
