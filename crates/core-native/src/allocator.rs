//! The allocator of the addon: the system's, with lists of free blocks on the threads of the runtime.
//!
//! A request takes a dozen blocks, and a batch of requests takes them together and frees them together. glibc's cache of a thread holds
//! seven blocks of a size, so that most of a batch went through its arena: several hundred instructions for each block. The threads of
//! the runtime keep more, in lists of their own; every other thread uses the system's allocator as it is.
//!
//! Every block is the system's, of one size for each class on all threads: a block may be freed on any thread. Nothing is registered to
//! run at the end of a thread, which would outlive an addon that is unloaded: the runtime says when its threads begin and end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;

#[global_allocator]
static ALLOCATOR: ListedAllocator = ListedAllocator;

/// The classes of sizes: 24, 40, 56 bytes and so on, which are those that glibc's blocks have anyway.
const CLASSES: usize = 96;
const LEAST: usize = 24;
const STEP: usize = 16;
/// The alignment that every block of the system's has.
const ALIGNMENT: usize = 16;
/// The most bytes of one list, so that a thread keeps at most 6 MiB.
const LIST_BYTES: usize = 64 << 10;

/// The system's allocator, with lists of free blocks on the threads that have opened theirs.
struct ListedAllocator;

/// A free block, which holds the link to the next one.
struct FreeBlock {
    next: *mut FreeBlock,
}

/// The free blocks of one thread.
struct FreeLists {
    is_open: bool,
    heads: [*mut FreeBlock; CLASSES],
    counts: [u16; CLASSES],
}

thread_local! {
    /// Has no destructor, so that access needs no registration and no check.
    static LISTS: UnsafeCell<FreeLists> = const {
        UnsafeCell::new(FreeLists { is_open: false, heads: [ptr::null_mut(); CLASSES], counts: [0; CLASSES] })
    };
}

/// Lets the thread keep what it frees.
pub(crate) fn open_lists() {
    with_lists(|lists| lists.is_open = true);
}

/// Gives the system back what the thread has kept; nothing is kept from then on.
pub(crate) fn close_lists() {
    with_lists(|lists| {
        lists.is_open = false;
        for class in 0..CLASSES {
            while let Some(block) = lists.take(class) {
                // SAFETY: the block was allocated by `System` with the layout of its class, and nobody uses it.
                unsafe { System.dealloc(block, layout_of(class)) };
            }
        }
    });
}

/// Lends the thread's lists. `change` must neither allocate nor free by this allocator.
fn with_lists<T>(change: impl FnOnce(&mut FreeLists) -> T) -> T {
    // SAFETY: the lists are of this thread alone, and `change` comes to no second borrow: it calls at most `System`.
    LISTS.with(|lists| change(unsafe { &mut *lists.get() }))
}

impl FreeLists {
    fn take(&mut self, class: usize) -> Option<*mut u8> {
        let head = self.heads[class];
        if head.is_null() {
            return None;
        }
        // SAFETY: a block of a list is free, large enough for a link, and had its link written when it was kept.
        self.heads[class] = unsafe { (*head).next };
        self.counts[class] -= 1;
        Some(head.cast())
    }

    /// Keeps a block; false where it is the system's to free.
    #[allow(clippy::cast_ptr_alignment, reason = "every block is aligned to 16")]
    fn keep(&mut self, class: usize, block: *mut u8) -> bool {
        if !self.is_open || usize::from(self.counts[class]) >= LIST_BYTES / layout_of(class).size() {
            return false;
        }
        let head = block.cast::<FreeBlock>();
        // SAFETY: the block is free, at least 24 bytes long and aligned to 16: it has room for a link.
        unsafe { head.write(FreeBlock { next: self.heads[class] }) };
        self.heads[class] = head;
        self.counts[class] += 1;
        true
    }
}

/// The class of a layout; `None` for what is large, or aligned to more than every block is.
const fn class_of(layout: Layout) -> Option<usize> {
    let beyond = layout.size().saturating_sub(LEAST);
    let class = beyond.div_ceil(STEP);
    if class < CLASSES && layout.align() <= ALIGNMENT { Some(class) } else { None }
}

/// The layout that the system is asked for: that of the class, so that a block may serve any layout of its class.
const fn layout_of(class: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size is far below the limit.
    unsafe { Layout::from_size_align_unchecked(LEAST + class * STEP, ALIGNMENT) }
}

const fn system_layout(layout: Layout) -> Layout {
    match class_of(layout) {
        Some(class) => layout_of(class),
        None => layout,
    }
}

// SAFETY: every block comes from `System` and goes back to it by the same layout, which is a function of the layout that the caller
// gives; between them a block is in at most one list, of one thread.
unsafe impl GlobalAlloc for ListedAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let kept = class_of(layout).and_then(|class| with_lists(|lists| lists.take(class)));
        // SAFETY: the caller's promise holds for the layout of the class, which is no smaller.
        kept.unwrap_or_else(|| unsafe { System.alloc(system_layout(layout)) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(class) = class_of(layout)
            && with_lists(|lists| lists.keep(class, block))
        {
            return;
        }
        // SAFETY: the block was allocated with this layout, by the caller's promise.
        unsafe { System.dealloc(block, system_layout(layout)) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if class_of(layout).is_none() {
            // SAFETY: the caller's own promise.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the caller's promise; a block that is there has the size of the layout at least.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid for the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class_of(layout), class_of(wanted)) {
            (Some(before), Some(after)) if before == after => block,
            (Some(_), Some(_)) => {
                // SAFETY: the new block is another one and as long as what is copied; the old one is not used any more.
                unsafe {
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
            // SAFETY: the block was allocated with the first layout; alignments up to 16 are all the same to the system.
            _ => unsafe { System.realloc(block, system_layout(layout), system_layout(wanted).size()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    fn kept() -> usize {
        with_lists(|lists| lists.counts.iter().map(|&count| usize::from(count)).sum())
    }

    #[test]
    fn a_class_has_room_for_every_layout_of_it() {
        for size in 1..=2_560 {
            match class_of(layout(size)) {
                Some(class) => assert!((size..size + 24).contains(&layout_of(class).size()), "{size}"),
                None => assert!(size > 1_544, "{size}"),
            }
        }
        assert_eq!(class_of(Layout::from_size_align(64, 32).unwrap()), None);
    }

    #[test]
    fn a_thread_keeps_what_it_may_and_gives_all_of_it_back() {
        std::thread::spawn(|| {
            let before = kept();
            drop(Box::new([0_u8; 100]));
            assert_eq!(kept(), before, "a thread that has not opened its lists keeps nothing");
            open_lists();
            let blocks: Vec<Box<[u8; 1_000]>> = (0..200).map(|_| Box::new([1; 1_000])).collect();
            let places: Vec<*const u8> = blocks.iter().map(|block| block.as_ptr()).collect();
            drop(blocks);
            let most = LIST_BYTES / layout_of(class_of(layout(1_000)).unwrap()).size();
            assert!((most..most + 8).contains(&kept()), "{}", kept());
            let again = Box::new([2_u8; 1_000]);
            assert!(places.contains(&again.as_ptr()));
            close_lists();
            assert_eq!(kept(), 0);
            drop(again);
            assert_eq!(kept(), 0);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_block_keeps_its_content_when_it_grows_and_shrinks() {
        open_lists();
        let mut text = Vec::new();
        for number in 0..5_000_u32 {
            text.extend_from_slice(&number.to_le_bytes());
        }
        for length in [5_000, 1_100, 900, 300, 20, 1] {
            text.truncate(4 * length);
            text.shrink_to_fit();
            let numbers = text.chunks_exact(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
            assert!(numbers.eq(0..u32::try_from(length).unwrap()));
        }
        assert!(vec![0_u8; 700].iter().all(|&byte| byte == 0));
        close_lists();
    }
}
