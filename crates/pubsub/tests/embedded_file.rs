//! The embedded provider's file: its lock, crashes, damage, and a full disk.
//!
//! The other processes of these tests are this program, started with the test `child` and a role in the environment.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use twinloop_pubsub::embedded::Embedded;
use twinloop_pubsub::{Broker, Delivery, NewMessage, Subscription, Topic};
use twinloop_runtime::Failure;

const ROLE: &str = "TWINLOOP_TEST_ROLE";
const FILE: &str = "TWINLOOP_TEST_FILE";
const WITHIN: Duration = Duration::from_secs(30);

/// A folder of one test, deleted at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("twinloop-embedded-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("pubsub.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn subscription(ordered: bool) -> Subscription {
    let (topic, name) = ("t".to_owned(), "s".to_owned());
    Subscription { ordered, ..Subscription::new(topic, name) }
}

async fn open(path: &Path) -> Result<Embedded, Failure> {
    let broker = Embedded::open(path).await?;
    declare(&broker, false).await;
    Ok(broker)
}

async fn declare(broker: &Embedded, ordered: bool) {
    let topic =
        Topic { name: "t".to_owned(), ordered, history: None, subscriptions: vec![subscription(ordered)] };
    broker.declare(&[topic]).await.unwrap();
}

fn message(id: &str, bytes: usize) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        topic: "t".to_owned(),
        body: Bytes::from(vec![b'1'; bytes]),
        key: None,
        published_at: SystemTime::now(),
        deliver_at: None,
        priority: 0,
        dedupe: None,
        unique: None,
        trace: None,
        unwanted_by: Vec::new(),
    }
}

fn keyed(id: &str, key: &str) -> NewMessage {
    NewMessage { key: Some(key.to_owned()), ..message(id, 10) }
}

async fn take(broker: &Embedded, count: usize) -> Vec<Delivery> {
    let consumer = broker.consume(&subscription(false)).await.unwrap();
    let mut taken = Vec::new();
    while taken.len() < count {
        let more = timeout(WITHIN, consumer.next(count - taken.len())).await;
        let more = more.unwrap_or_else(|_| panic!("{} of {count} are there", taken.len())).unwrap();
        let mut answers = tokio::task::JoinSet::new();
        for delivery in more {
            let consumer = Arc::clone(&consumer);
            answers.spawn(async move {
                consumer.acknowledge(&delivery).await.unwrap();
                delivery
            });
        }
        taken.extend(answers.join_all().await);
    }
    taken
}

async fn ready(broker: &Embedded) -> u64 {
    broker.depth("t", "s").await.unwrap().ready
}

/// Starts this program as another process.
fn start(command: &mut Command, role: &str, file: &Path) -> Child {
    let command = command.env(ROLE, role).env(FILE, file).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn this_program() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The test program's own lines do not begin with `child: `.
    lines.filter_map(|line| line.split_once("child: ").map(|(_, said)| said.to_owned()))
}

#[allow(clippy::print_stdout, reason = "the way to the parent")]
fn say(text: &str) {
    println!("child: {text}");
    std::io::stdout().flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(role), Ok(file)) = (std::env::var(ROLE), std::env::var(FILE)) else { return };
    let broker = match open(Path::new(&file)).await {
        Ok(broker) => Arc::new(broker),
        Err(error) => return say(&format!("{} {}", error.code.as_str(), &error.message)),
    };
    match role.as_str() {
        "hold" => {
            say("open");
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
        "work" => work(&broker).await,
        "fill" => fill(&broker).await,
        _ => panic!("there is no role {role}"),
    }
}

/// Publishes with many messages in flight and consumes a part of them; prints what was confirmed.
async fn work(broker: &Arc<Embedded>) {
    for publisher in 0..8 {
        let broker = Arc::clone(broker);
        tokio::spawn(async move {
            for number in 0.. {
                let id = format!("{}-{publisher}-{number:06}", std::process::id());
                broker.publish(vec![message(&id, 200)]).await.unwrap();
                say(&format!("published {id}"));
            }
        });
    }
    let consumer = broker.consume(&subscription(false)).await.unwrap();
    for turn in 0.. {
        for delivery in consumer.next(4).await.unwrap() {
            say(&format!("begun {} {}", delivery.id, delivery.attempt));
            if turn % 3 > 0 {
                say(&format!("acknowledging {}", delivery.id));
                consumer.acknowledge(&delivery).await.unwrap();
            }
        }
    }
}

/// Publishes until the disk is full, then until there is room again; then consumes all messages.
async fn fill(broker: &Arc<Embedded>) {
    let (mut stored, mut refused) = (0, false);
    for number in 0.. {
        match broker.publish(vec![message(&number.to_string(), 100_000)]).await {
            Ok(_) if refused => break,
            Ok(_) => stored += 1,
            Err(error) if error.code.as_str() == "resource_exhausted" && !refused => {
                refused = true;
                say(&format!("full {}", &error.message));
            }
            Err(error) if refused => {
                assert!(["resource_exhausted", "unavailable"].contains(&error.code.as_str()), "{error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => panic!("{}: {error}", error.code.as_str()),
        }
    }
    let taken = take(broker, stored + 1).await.len();
    say(&format!("taken {}", taken == stored + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_is_refused_and_told_what_to_do() {
    let folder = Folder::new();
    let mut holder = start(&mut this_program(), "hold", &folder.file());
    assert_eq!(lines(&mut holder).next().unwrap(), "open");
    let error = open(&folder.file()).await.err().unwrap();
    assert_eq!(error.code.as_str(), "failed_precondition");
    assert!(error.message.contains(&folder.file().display().to_string()), "{error}");
    assert!(error.message.contains("another process") && error.message.contains("PUBSUB_URL"), "{error}");
    // A killed process leaves no lock behind.
    holder.kill().unwrap();
    holder.wait().unwrap();
    open(&folder.file()).await.unwrap().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_process_is_refused_as_well_until_it_has_closed() {
    let folder = Folder::new();
    let first = open(&folder.file()).await.unwrap();
    assert_eq!(open(&folder.file()).await.err().unwrap().code.as_str(), "failed_precondition");
    first.close().await.unwrap();
    first.close().await.unwrap();
    let error = first.publish(vec![message("late", 1)]).await.unwrap_err();
    assert!(error.message.contains("closed"), "{error}");
    open(&folder.file()).await.unwrap();
}

/// The lines that a killed process had printed.
#[derive(Default)]
struct Said {
    published: Vec<String>,
    attempts: std::collections::HashMap<String, u32>,
    acknowledged: std::collections::HashSet<String>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["published", id] => self.published.push(id.to_owned()),
            ["begun", id, attempt] => drop(self.attempts.insert(id.to_owned(), attempt.parse().unwrap())),
            ["acknowledging", id] => drop(self.acknowledged.insert(id.to_owned())),
            _ => panic!("{line}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing_that_was_confirmed_and_no_attempt() {
    let folder = Folder::new();
    let mut said = Said::default();
    for round in 1..=5 {
        let mut worker = start(&mut this_program(), "work", &folder.file());
        let mut heard = lines(&mut worker);
        heard.by_ref().take(150 * round + 37 * round).for_each(|line| said.hear(&line));
        worker.kill().unwrap();
        worker.wait().unwrap();
        heard.for_each(|line| said.hear(&line));
    }
    let broker = open(&folder.file()).await.unwrap();
    let depth = broker.depth("t", "s").await.unwrap();
    assert_eq!(depth.in_flight, 0, "what was out is free at once");
    let left = take(&broker, usize::try_from(depth.ready).unwrap()).await;
    for delivery in &left {
        let before = said.attempts.get(&delivery.id).copied().unwrap_or_default();
        assert!(delivery.attempt > before, "{} was begun {before} times before", delivery.id);
    }
    let left: std::collections::HashSet<&str> = left.iter().map(|delivery| delivery.id.as_str()).collect();
    let lost: Vec<&String> = said
        .published
        .iter()
        .filter(|id| !left.contains(id.as_str()) && !said.acknowledged.contains(*id))
        .collect();
    assert_eq!(lost, Vec::<&String>::new(), "of {} confirmed", said.published.len());
}

/// Creates a file with 500 messages and closes it.
async fn filled(folder: &Folder) -> PathBuf {
    let broker = open(&folder.file()).await.unwrap();
    let messages = (0..500).map(|number| message(&format!("{number:03}"), 500)).collect();
    broker.publish(messages).await.unwrap();
    broker.close().await.unwrap();
    folder.file()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_behind_the_end_does_no_harm() {
    let folder = Folder::new();
    let path = filled(&folder).await;
    for garbage in [1, 4095, 4096, 50_001] {
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&vec![0xA5; garbage]).unwrap();
        let broker = open(&path).await.unwrap_or_else(|error| panic!("{garbage} bytes: {error}"));
        assert_eq!(ready(&broker).await, 500);
        broker.close().await.unwrap();
    }
    assert_eq!(take(&open(&path).await.unwrap(), 500).await.len(), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_cut_short_gives_all_it_held_or_says_that_it_is_damaged() {
    let folder = Folder::new();
    let whole = fs::read(filled(&folder).await).unwrap();
    let path = folder.file();
    let mut damaged = 0;
    for percent in [0.01, 0.3, 0.6, 0.9, 0.999] {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let length = (whole.len() as f64 * percent) as usize;
        fs::write(&path, &whole[..length]).unwrap();
        match open(&path).await {
            Ok(broker) => {
                assert_eq!(take(&broker, 500).await.len(), 500);
                broker.close().await.unwrap();
            }
            Err(error) => {
                damaged += 1;
                assert_eq!(error.code.as_str(), "failed_precondition");
                assert!(error.message.contains("is damaged"), "{error}");
                assert_eq!(fs::metadata(&path).unwrap().len(), length as u64, "left as it was");
            }
        }
    }
    assert!(damaged >= 1, "half of it cannot be enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let folder = Folder::new();
    let text = "this is not a queue\n".repeat(1000);
    fs::write(folder.file(), &text).unwrap();
    let error = open(&folder.file()).await.err().unwrap();
    assert_eq!(error.code.as_str(), "failed_precondition");
    assert!(fs::read_to_string(folder.file()).unwrap() == text, "it was written to");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_where_no_file_can_be_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").unwrap();
    for place in ["file/pubsub.redb", "."] {
        let error = Embedded::open(&folder.0.join(place)).await.err().unwrap();
        assert_eq!(error.code.as_str(), "failed_precondition", "{error}");
        assert!(error.message.contains("PUBSUB_URL=embedded:<path>"), "{error}");
    }
    open(&folder.0.join("new/folder/pubsub.redb")).await.unwrap();
}

/// A limit on the size of files acts as a full disk.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_a_publish_is_refused_and_goes_on_when_there_is_room_again() {
    let folder = Folder::new();
    let program = std::env::current_exe().unwrap();
    let mut limited = Command::new("sh");
    let script = r#"trap '' XFSZ; ulimit -S -f 8192; exec "$0" --exact child --nocapture"#;
    let mut filler = start(limited.args(["-c", script]).arg(program), "fill", &folder.file());
    let mut said = lines(&mut filler);
    let full = said.next().unwrap();
    assert!(full.starts_with("full there is no room for the pubsub file"), "{full}");
    let pid = filler.id().to_string();
    let raised =
        Command::new("prlimit").args(["--fsize=unlimited:unlimited", "--pid", &pid]).status().unwrap();
    assert!(raised.success());
    assert_eq!(said.next().unwrap(), "taken true");
    assert!(filler.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_lined_up_anew_when_order_begins_to_matter() {
    let folder = Folder::new();
    let broker = open(&folder.file()).await.unwrap();
    let messages = ["a1", "b1", "a2", "b2", "a3"].map(|id| keyed(id, &id[..1]));
    broker.publish(messages.to_vec()).await.unwrap();
    declare(&broker, true).await;
    let consumer = broker.consume(&subscription(true)).await.unwrap();
    let first = consumer.next(10).await.unwrap();
    assert_eq!(first.iter().map(|delivery| &delivery.id).collect::<Vec<_>>(), ["a1", "b1"]);
    // After the change back, a message in flight is not delivered twice.
    declare(&broker, false).await;
    let rest = consumer.next(10).await.unwrap();
    assert_eq!(rest.iter().map(|delivery| &delivery.id).collect::<Vec<_>>(), ["a2", "b2", "a3"]);
    for delivery in first.iter().chain(&rest) {
        consumer.acknowledge(delivery).await.unwrap();
    }
    assert_eq!(broker.depth("t", "s").await.unwrap(), twinloop_pubsub::Depth::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_emptied_gives_its_room_back_when_it_is_opened() {
    let folder = Folder::new();
    let broker = open(&folder.file()).await.unwrap();
    for batch in 0..10 {
        let messages = (0..200).map(|number| message(&format!("{batch}-{number}"), 20_000)).collect();
        broker.publish(messages).await.unwrap();
    }
    broker.purge("t", "s", twinloop_pubsub::MessageState::Waiting).await.unwrap();
    broker.publish(vec![message("kept", 100)]).await.unwrap();
    broker.close().await.unwrap();
    let before = fs::metadata(folder.file()).unwrap().len();
    let broker = open(&folder.file()).await.unwrap();
    assert_eq!(take(&broker, 1).await[0].id, "kept");
    broker.close().await.unwrap();
    let after = fs::metadata(folder.file()).unwrap().len();
    assert!(after < 4 << 20, "{before} bytes before, {after} after");
}
