//! What is taken, what is left, and why.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::fake::*;
use crate::observer::Unobserved;
use crate::ports::{Archive, Fault, PassedOver, ReceivedKind};
use crate::sync::{LeftCause, SeenState, Synced, sync};

const OLD: i64 = START - 3600 * SECOND;

fn nothing() -> SeenState {
    SeenState::default()
}

fn names(synced: &Synced) -> Vec<&str> {
    synced.received.iter().map(|entry| &*entry.name).collect()
}

fn causes(synced: &Synced) -> Vec<(&str, LeftCause)> {
    synced.left.iter().map(|left| (&*left.name, left.cause)).collect()
}

#[tokio::test]
async fn new_files_are_taken_once() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD)), ("b.csv", FakeFile::new("beta", OLD))]);
    let (synced, seen) = world.sync(&rules(0), &nothing()).await;
    assert_eq!((names(&synced), synced.bytes, synced.unchanged), (vec!["a.csv", "b.csv"], 9, 0));
    assert!(synced.left.is_empty() && seen.is_empty());
    assert_eq!(world.slept(), 0, "a drop that need not settle is not waited for");
    let (again, _) = world.sync(&rules(0), &seen).await;
    assert_eq!((again.received.len(), again.unchanged, world.reads.load(Ordering::SeqCst)), (0, 2, 2));
    assert_eq!(world.archived("a.csv").unwrap(), b"alpha");
}

#[tokio::test]
async fn a_file_has_to_stand_still_between_two_listings() {
    let world = World::new([
        ("still.csv", FakeFile::new("still", START)),
        ("grows.csv", FakeFile::new("gro", START)),
        ("goes.csv", FakeFile::new("goes", START)),
    ]);
    world.after(30, |files| {
        files.get_mut("grows.csv").unwrap().content.extend(b"wn");
        files.remove("goes.csv");
    });
    let (synced, seen) = world.sync(&rules(60), &nothing()).await;
    assert_eq!((names(&synced), world.slept()), (vec!["still.csv"], 60));
    assert_eq!(causes(&synced), [("goes.csv", LeftCause::Vanished), ("grows.csv", LeftCause::Changed)]);
    assert!(synced.left[1].reason.contains("grew from 3 to 5 bytes"), "{:?}", synced.left[1]);
    assert_eq!((synced.sources[0].left, synced.sources[0].received), (2, 1));
    // What the second listing showed counts for the next time.
    world.pass(3600);
    let slept = world.slept();
    let (later, seen) = world.sync(&rules(60), &seen).await;
    assert_eq!((names(&later), world.slept(), seen.is_empty()), (vec!["grows.csv"], slept, true));
}

#[tokio::test]
async fn a_long_time_to_settle_spans_runs() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    let (synced, seen) = world.sync(&rules(3600), &nothing()).await;
    assert_eq!((causes(&synced), world.slept()), (vec![("a.csv", LeftCause::Settling)], 0));
    // The state goes through a file in between.
    let seen: SeenState = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
    world.pass(3599);
    let (synced, seen) = world.sync(&rules(3600), &seen).await;
    assert_eq!(synced.received.len(), 0);
    world.pass(1);
    assert_eq!(names(&world.sync(&rules(3600), &seen).await.0), ["a.csv"]);
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_make_a_file_settled() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    let (_, seen) = world.sync(&rules(3600), &nothing()).await;
    world.jump(-7200);
    let (synced, seen) = world.sync(&rules(3600), &seen).await;
    assert_eq!(causes(&synced), [("a.csv", LeftCause::Settling)]);
    world.pass(3600);
    assert_eq!(names(&world.sync(&rules(3600), &seen).await.0), ["a.csv"]);
}

#[tokio::test]
async fn a_marker_says_that_a_file_is_complete() {
    let rules = crate::sync::DropRules { marker: Some(".done".to_owned()), ..rules(3600) };
    let world = World::new([
        ("a.csv", FakeFile::new("alpha", OLD)),
        ("a.csv.done", FakeFile::new("", OLD + SECOND)),
        ("b.csv", FakeFile::new("beta", OLD)),
        ("b.csv.done", FakeFile::new("", OLD - SECOND)),
        ("c.csv", FakeFile::new("gamma", OLD)),
    ]);
    let (synced, _) = world.sync(&rules, &nothing()).await;
    assert_eq!(names(&synced), ["a.csv"]);
    // The marker of b.csv is older than the file: it was there for what was there before.
    assert_eq!(causes(&synced), [("b.csv", LeftCause::Settling), ("c.csv", LeftCause::Settling)]);
}

#[tokio::test]
async fn markers_that_a_pattern_leaves_out_are_looked_for() {
    let rules = crate::sync::DropRules { marker: Some(".done".to_owned()), ..rules(3600) };
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    world.put("a.csv.done", FakeFile::new("", OLD));
    let source = |location: &str| {
        let mut source = world.source(rules.clone());
        source.drop = Arc::new(FakeDrop { world: Arc::clone(&world), location: location.to_owned() });
        source
    };
    let (synced, _) = world.sync_all(&[source("fake://drop/*.csv")], &nothing()).await;
    assert_eq!(names(&synced), ["a.csv"]);
}

#[tokio::test]
async fn trouble_with_one_file_is_its_own() {
    let with = |trouble| FakeFile { trouble, ..FakeFile::new("content of it", OLD) };
    let world = World::new([
        ("cut.csv", with(Trouble::Cut(Fault::Permanent, 1))),
        ("early.csv", with(Trouble::EndsEarly)),
        ("fine.csv", with(Trouble::None)),
        ("flaky.csv", with(Trouble::Cut(Fault::Transient, 3))),
        ("grows.csv", with(Trouble::Grows)),
        ("less.csv", with(Trouble::Lies(-3))),
        ("more.csv", with(Trouble::Lies(3))),
        ("swapped.csv", with(Trouble::Swapped)),
        ("unopened.csv", with(Trouble::Unopened(Fault::Transient, 99))),
        ("vanishes.csv", with(Trouble::Vanishes)),
    ]);
    let (synced, _) = world.sync(&rules(0), &nothing()).await;
    assert_eq!(names(&synced), ["fine.csv", "flaky.csv"]);
    let mut left = causes(&synced);
    left.sort();
    let expected = [
        ("cut.csv", LeftCause::Unreadable),
        ("early.csv", LeftCause::WrongSize),
        ("grows.csv", LeftCause::Changed),
        ("less.csv", LeftCause::WrongSize),
        ("more.csv", LeftCause::WrongSize),
        ("swapped.csv", LeftCause::Changed),
        ("unopened.csv", LeftCause::Unreadable),
        ("vanishes.csv", LeftCause::Vanished),
    ];
    assert_eq!(left, expected);
    assert!(synced.left.iter().all(|left| !left.advice.is_empty() && !left.reason.is_empty()));
    assert_eq!(world.archive.contents(), 1, "nothing else was stored, both have the same content");
    // The next time those are in that were only unlucky.
    let (later, _) = world.sync(&rules(0), &nothing()).await;
    assert_eq!(names(&later), ["cut.csv", "early.csv", "grows.csv", "swapped.csv"]);
}

#[tokio::test]
async fn times_near_the_reading_and_in_the_future_are_not_trusted() {
    for (modified, rereads) in
        [(Some(START - SECOND), 1), (Some(START + 999 * SECOND), 9), (None, 9), (Some(0), 0)]
    {
        let world = World::new([("a.csv", FakeFile { modified, ..FakeFile::new("alpha", 0) })]);
        let (_, seen) = world.sync(&rules(0), &nothing()).await;
        world.pass(5);
        // The same size and the same time, and yet another content.
        world.files.lock().unwrap().get_mut("a.csv").unwrap().content = b"gamma".to_vec();
        let (changed, seen) = world.sync(&rules(0), &seen).await;
        assert_eq!(changed.received.len(), usize::from(rereads > 0), "{modified:?}");
        world.pass(5);
        let (same, seen) = world.sync(&rules(0), &seen).await;
        assert_eq!((same.received.len(), same.unchanged), (0, 1), "{modified:?}");
        let reads = world.reads.load(Ordering::SeqCst);
        world.sync(&rules(0), &seen).await;
        let again = world.reads.load(Ordering::SeqCst) - reads;
        assert_eq!(again, usize::from(rereads > 1), "{modified:?}");
        assert_eq!(world.archive.entries().len(), 1 + usize::from(rereads > 0), "{modified:?}");
    }
}

#[tokio::test]
async fn a_file_read_again_and_unchanged_is_trusted_from_then_on() {
    let world = World::new([("a.csv", FakeFile::new("alpha", START - SECOND))]);
    let (_, seen) = world.sync(&rules(0), &nothing()).await;
    world.pass(5);
    let (second, seen) = world.sync(&rules(0), &seen).await;
    assert_eq!((second.received.len(), second.confirmed.len(), second.unchanged), (0, 1, 1));
    world.sync(&rules(0), &seen).await;
    assert_eq!((world.reads.load(Ordering::SeqCst), world.archive.entries().len()), (2, 2));
}

/// The time decides between two contents of one name, so it counts even where it cannot tell of a later change.
#[tokio::test]
async fn a_file_sent_again_with_an_odd_time_has_that_time() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    world.sync(&rules(0), &nothing()).await;
    world.put("a.csv", FakeFile::new("alpha", START + 999_999 * SECOND));
    for confirmed in [1, 0, 0] {
        let (synced, _) = world.sync(&rules(0), &nothing()).await;
        assert_eq!((synced.received.len(), synced.confirmed.len(), synced.unchanged), (0, confirmed, 1));
    }
    let times: Vec<_> = world.archive.entries().iter().map(|entry| entry.modified).collect();
    assert_eq!(times, [OLD, START + 999_999 * SECOND]);
}

#[tokio::test]
async fn an_entity_tag_tells_where_there_is_one() {
    let tagged = |content: &str, tag: &str| FakeFile {
        version: Some(tag.to_owned()),
        ..FakeFile::new(content, START + 999 * SECOND)
    };
    let world = World::new([("a.csv", tagged("alpha", "1"))]);
    world.sync(&rules(0), &nothing()).await;
    assert_eq!(world.sync(&rules(0), &nothing()).await.0.unchanged, 1);
    assert_eq!(world.reads.load(Ordering::SeqCst), 1, "the tag goes before the odd time");
    world.put("a.csv", tagged("gamma", "2"));
    assert_eq!(names(&world.sync(&rules(0), &nothing()).await.0), ["a.csv"]);
    assert_eq!(world.archived("a.csv").unwrap(), b"gamma");
}

#[tokio::test]
async fn hostile_and_foreign_names_stay_where_they_are() {
    let file = || FakeFile::new("x", OLD);
    let world = World::new([
        ("../evil.csv", file()),
        ("/abs.csv", file()),
        ("a/../../b.csv", file()),
        ("bell\u{7}.csv", file()),
        (".hidden", file()),
        ("up.csv.part", file()),
        ("sub/fine.csv", file()),
    ]);
    world
        .passed_over
        .lock()
        .unwrap()
        .push(PassedOver { name: "link.csv".into(), reason: "it is a link".into() });
    let (synced, _) = world.sync(&rules(0), &nothing()).await;
    assert_eq!(names(&synced), ["sub/fine.csv"]);
    assert!(synced.left.iter().all(|left| left.cause == LeftCause::PassedOver));
    let left: Vec<_> = synced.left.iter().map(|left| &*left.name).collect();
    assert_eq!(left, ["link.csv", "../evil.csv", "/abs.csv", "a/../../b.csv", "bell\u{fffd}.csv"]);
}

#[tokio::test]
async fn of_leads_the_parquet_files_are_taken() {
    let world =
        World::new([("a.parquet", FakeFile::new("PAR1", OLD)), ("notes.txt", FakeFile::new("x", OLD))]);
    let mut source = world.source(rules(0));
    source.kind = ReceivedKind::Leads;
    let (synced, _) = world.sync_all(std::slice::from_ref(&source), &nothing()).await;
    assert_eq!((names(&synced), synced.left.len()), (vec!["a.parquet"], 0));
    source.drop =
        Arc::new(FakeDrop { world: Arc::clone(&world), location: "fake://drop/notes.txt".to_owned() });
    assert!(names(&world.sync_all(&[source], &nothing()).await.0).contains(&"notes.txt"), "it was named");
}

#[tokio::test]
async fn a_drop_that_cannot_be_listed_stops_no_other() {
    let (good, bad) = (World::new([("a.csv", FakeFile::new("alpha", OLD))]), World::new([]));
    *bad.unlisted.lock().unwrap() = Some((Fault::Permanent, 1));
    let mut broken = bad.source(rules(60));
    broken.drop = Arc::new(FakeDrop { world: Arc::clone(&bad), location: "fake://broken".to_owned() });
    let twice = [broken.clone(), broken, good.source(rules(0))];
    let (synced, _) = good.sync_all(&twice, &nothing()).await;
    assert_eq!((names(&synced), synced.sources.len()), (vec!["a.csv"], 2));
    assert!(synced.sources[0].failed.as_ref().unwrap().to_string().contains("fake://broken"));
    assert!(synced.sources[1].failed.is_none() && synced.sources[1].received == 1);
}

#[tokio::test]
async fn a_listing_is_tried_again() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    *world.unlisted.lock().unwrap() = Some((Fault::Transient, 3));
    assert_eq!(names(&world.sync(&rules(0), &nothing()).await.0), ["a.csv"]);
}

#[tokio::test]
async fn an_archive_that_fails_ends_it() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD))]);
    *world.archive.is_full.lock().unwrap() = true;
    let source = [world.source(rules(0))];
    let failed = sync(&source, &[], &world.archive, &nothing(), &*world, &Unobserved).await.err().unwrap();
    assert_eq!(failed.fault, Fault::Exhausted);
    assert!(world.archive.entries().is_empty());
}

#[tokio::test]
async fn transfers_run_side_by_side_within_bounds_and_are_noted_in_batches() {
    let world = World::new([]);
    (0..300).for_each(|n| world.put(&format!("{n:03}.csv"), FakeFile::new(&format!("file {n}"), OLD)));
    let (synced, _) = world.sync(&rules(0), &nothing()).await;
    assert_eq!((synced.received.len(), world.archive.notes.load(Ordering::SeqCst)), (300, 5));
    assert_eq!(world.most_running.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn dropped_half_way_it_goes_on_from_there() {
    let world = World::new([]);
    (0..300).for_each(|n| world.put(&format!("{n:03}.csv"), FakeFile::new(&format!("file {n}"), OLD)));
    let sources = [world.source(rules(0))];
    let seen = nothing();
    let mut running = Box::pin(sync(&sources, &[], &world.archive, &seen, &*world, &Unobserved));
    while world.archive.entries().is_empty() {
        assert!(futures::poll!(&mut running).is_pending());
        tokio::task::yield_now().await;
    }
    drop(running);
    let before = world.archive.entries().len();
    assert!((1..300).contains(&before));
    let (synced, _) = world.sync(&rules(0), &nothing()).await;
    assert_eq!((synced.received.len(), synced.unchanged), (300 - before, before as u64));
}

#[tokio::test]
async fn many_known_files_cost_little() {
    let world = World::new([]);
    (0..50_000).for_each(|n| world.put(&format!("drops/{n:06}.csv"), FakeFile::new("x", OLD)));
    world.sync(&rules(0), &nothing()).await;
    let catalogue = world.archive.catalogue().await.unwrap();
    let (sources, began) = ([world.source(rules(60))], Instant::now());
    let seen = nothing();
    let (synced, _) = sync(&sources, &catalogue, &world.archive, &seen, &*world, &Unobserved).await.unwrap();
    // A bound that only a wrong order of growth can break.
    assert!(synced.unchanged == 50_000 && began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn it_can_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let (world, seen) = (World::new([]), nothing());
    let sources = [world.source(rules(0))];
    is_send(&sync(&sources, &[], &world.archive, &seen, &*world, &Unobserved));
}
