//! The in-memory cache of one folder's files, limited in number and bytes; evicts the least recently used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::{FRESH_MS, MAX_KEPT_BYTES, MAX_KEPT_FILES};
use super::entry::FileEntry;

const FRESH: Duration = Duration::from_millis(FRESH_MS);

struct Slot {
    entry: Arc<FileEntry>,
    /// When the entry was last compared with the disk.
    checked: Instant,
    /// The use counter at the entry's last use.
    used: u64,
}

/// The cached entries, by their path below the folder.
#[derive(Default)]
pub(crate) struct Cache {
    slots: HashMap<PathBuf, Slot>,
    bytes: u64,
    turn: u64,
}

impl Cache {
    /// The entry, if it was compared with the disk within the last second.
    pub(crate) fn fresh(&mut self, name: &Path, now: Instant) -> Option<Arc<FileEntry>> {
        self.turn += 1;
        let slot = self.slots.get_mut(name)?;
        slot.used = self.turn;
        (now.duration_since(slot.checked) < FRESH).then(|| Arc::clone(&slot.entry))
    }

    /// The entry, of any age.
    pub(crate) fn known(&self, name: &Path) -> Option<Arc<FileEntry>> {
        self.slots.get(name).map(|slot| Arc::clone(&slot.entry))
    }

    /// Stores an entry that was just compared with the disk, and evicts others to make room.
    pub(crate) fn put(&mut self, entry: Arc<FileEntry>, now: Instant) {
        self.remove(&entry.name);
        self.turn += 1;
        self.bytes += entry.kept_bytes();
        let slot = Slot { checked: now, used: self.turn, entry };
        self.slots.insert(slot.entry.name.clone(), slot);
        while self.bytes > MAX_KEPT_BYTES || self.slots.len() > MAX_KEPT_FILES {
            let oldest = self.slots.iter().min_by_key(|(_, slot)| slot.used).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            self.remove(&oldest);
        }
    }

    pub(crate) fn remove(&mut self, name: &Path) {
        if let Some(slot) = self.slots.remove(name) {
            self.bytes -= slot.entry.kept_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::static_files::content_type;
    use crate::static_files::entry::Representation;
    use crate::static_files::validators::Validators;
    use bytes::Bytes;
    use std::time::UNIX_EPOCH;

    fn entry(name: &str, bytes: usize) -> Arc<FileEntry> {
        let plain = Representation {
            path: PathBuf::from(name),
            length: bytes as u64,
            modified: UNIX_EPOCH,
            encoding: None,
            validators: Validators::of(UNIX_EPOCH, bytes as u64, None).unwrap(),
            content: Some(Bytes::from(vec![0; bytes])),
        };
        let name = PathBuf::from(name);
        Arc::new(FileEntry { content_type: content_type::of(&name), name, plain, compressed: Vec::new() })
    }

    #[test]
    fn an_entry_is_fresh_for_a_second() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        cache.put(entry("a", 1), now);
        assert!(cache.fresh(Path::new("a"), now + Duration::from_millis(999)).is_some());
        assert!(cache.fresh(Path::new("a"), now + Duration::from_secs(1)).is_none());
        assert!(cache.known(Path::new("a")).is_some());
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let half = usize::try_from(MAX_KEPT_BYTES / 2).unwrap();
        cache.put(entry("a", half), now);
        cache.put(entry("b", half), now);
        assert!(cache.fresh(Path::new("a"), now).is_some());
        cache.put(entry("c", half), now);
        let there = ["a", "b", "c"].map(|name| cache.known(Path::new(name)).is_some());
        assert_eq!(there, [true, false, true]);
    }

    #[test]
    fn the_count_is_bounded_and_replacing_counts_once() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        for _ in 0..3 {
            cache.put(entry("a", 10), now);
        }
        assert_eq!(cache.bytes, 10);
        for index in 0..=MAX_KEPT_FILES {
            cache.put(entry(&index.to_string(), 0), now);
        }
        assert_eq!((cache.slots.len(), cache.bytes), (MAX_KEPT_FILES, 0));
    }
}
