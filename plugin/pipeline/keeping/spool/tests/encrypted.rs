//! A spool with a key.

use super::*;

fn encrypted(folder: &TempDir, key: &Arc<SpoolKey>) -> Spool {
    spool_for(folder.path(), ADDRESSEE, LIMITS, Some(key.clone()))
}

fn written(spool: &Spool) -> Vec<u8> {
    let files = spool.files();
    let read = files.iter().map(|file| fs::read(&file.path));
    read.collect::<io::Result<Vec<_>>>()
        .expect("files")
        .concat()
}

#[test]
fn what_is_kept_is_not_readable_and_comes_out_as_it_was() {
    let (folder, key) = (folder(), SpoolKey::random());
    store(&encrypted(&folder, &key), 1000..1010);
    let next = encrypted(&folder, &key);
    let bytes = written(&next);
    assert!(!bytes.windows(4).any(|window| window == b"1000"));
    assert_eq!(drain(&next), Vec::from_iter(1000..1010));
    assert_eq!(next.bytes(), 0);
}

#[test]
fn what_is_encrypted_with_another_key_is_left_alone() {
    let (folder, key) = (folder(), SpoolKey::random());
    store(&encrypted(&folder, &key), [1]);
    let strangers = [encrypted(&folder, &SpoolKey::random()), spool(&folder)];
    for stranger in strangers {
        assert_eq!(drain(&stranger), [0; 0]);
        assert_eq!(stranger.health.total_corrupt_files(), 0);
    }
    assert_eq!(drain(&encrypted(&folder, &key)), [1]);
}

#[test]
fn what_was_kept_before_there_was_a_key_is_delivered() {
    let (folder, key) = (folder(), SpoolKey::random());
    store(&spool(&folder), [1]);
    let next = encrypted(&folder, &key);
    store(&next, [2]);
    assert_eq!(drain(&next), [1, 2]);
}

#[test]
fn a_file_that_was_made_to_look_like_one_for_another_collector_is_not_delivered() {
    let (folder, key) = (folder(), SpoolKey::random());
    let first = encrypted(&folder, &key);
    store(&first, [1]);
    let path = first.files().remove(0).path;
    drop(first);
    let other = Addressee {
        tenant: 8,
        ..ADDRESSEE
    };
    let number = key.cipher().expect("a key").number();
    let header = Addressee {
        key: number,
        ..other
    };
    let mut file = fs::read(&path).expect("a file");
    file[..HEADER_BYTES].copy_from_slice(&header.header());
    fs::write(&path, file).expect("written");
    let other = spool_for(folder.path(), other, LIMITS, Some(key));
    assert_eq!(drain(&other), [0; 0]);
    assert_eq!(other.health.total_corrupt_files(), 1);
}

#[test]
fn without_the_key_nothing_is_kept() {
    let folder = folder();
    let spool = encrypted(&folder, &SpoolKey::missing());
    assert!(!spool.store(b"body", 1));
    assert!(!spool.folder.exists());
}
