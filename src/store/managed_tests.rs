//! The walk to the managed configuration, by a root who is whoever runs the tests.

use super::unix::walk;
use super::*;
use rustix::fs::{FileType, Mode};
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;

const TEXT: &str = "server = \"accounts.example.org\"\n";

fn load_below(path: &Path, ground: &Path, root: u32) -> Result<Managed, ManagedTrouble> {
    read(path, walk(path, ground, root))
}

/// A folder whose way down from `/` is beyond reproach: a walk that begins there alone.
struct Ground {
    folder: TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self { folder: TempDir::new().expect("a folder") };
        std::fs::create_dir_all(ground.at("etc/firstkey")).expect("folders");
        ground.write("etc/firstkey/config.toml", TEXT);
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).expect("written");
        self.mode(name, 0o644);
    }

    fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.at(name), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    /// What is read, if the owner of the folder were root. `/` and `/tmp` are others' where tests
    /// do not run as root, so what is wrong there is passed over.
    fn load(&self) -> Result<Managed, (String, Unfit)> {
        let me = rustix::process::geteuid().as_raw();
        let path = self.at("etc/firstkey/config.toml");
        let above = self.folder.path().to_owned();
        match load_below(&path, &above, me) {
            Ok(managed) => Ok(managed),
            Err(ManagedTrouble::Unfit { path, why }) => {
                let shown = Path::new(&path).strip_prefix(&above).map(|path| path.display().to_string());
                Err((shown.unwrap_or(path), why))
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_of_roots_in_folders_of_roots_counts_and_none_sets_nothing() {
    let ground = Ground::new();
    assert!(ground.load().expect("it counts").server.is_some());
    std::fs::remove_file(ground.at("etc/firstkey/config.toml")).expect("removed");
    assert_eq!(ground.load(), Ok(Managed::default()));
    std::fs::remove_dir(ground.at("etc/firstkey")).expect("removed");
    assert_eq!(ground.load(), Ok(Managed::default()));
    // Whose the way is does not matter where nothing is at its end.
    ground.mode("etc", 0o777);
    assert_eq!(ground.load(), Ok(Managed::default()));
}

#[test]
fn whatever_others_can_write_to_makes_the_file_not_count_and_is_named() {
    for (name, mode) in [
        ("etc/firstkey/config.toml", 0o664),
        ("etc/firstkey/config.toml", 0o646),
        ("etc/firstkey", 0o775),
        ("etc/firstkey", 0o757),
        ("etc", 0o777),
    ] {
        let ground = Ground::new();
        ground.mode(name, mode);
        assert_eq!(ground.load(), Err((name.to_owned(), Unfit::Writable)), "{mode:o}");
    }
}

#[test]
fn a_file_of_somebody_else_does_not_count() {
    let ground = Ground::new();
    let path = ground.at("etc/firstkey/config.toml");
    let somebody = rustix::process::geteuid().as_raw() + 1;
    let found = load_below(&path, ground.folder.path(), somebody).expect_err("it is not root's");
    assert!(matches!(found, ManagedTrouble::Unfit { why: Unfit::NotRoots, .. }), "{found:?}");
}

#[test]
fn a_link_is_followed_and_where_it_leads_is_judged() {
    let ground = Ground::new();
    std::fs::create_dir_all(ground.at("store")).expect("a folder");
    ground.write("store/config.toml", "server = \"b.example.org\"\n");
    std::fs::remove_file(ground.at("etc/firstkey/config.toml")).expect("removed");
    for target in [ground.at("store/config.toml"), PathBuf::from("../../store/./config.toml")] {
        symlink(target, ground.at("etc/firstkey/config.toml")).expect("a link");
        assert_eq!(ground.load().expect("it counts").server.expect("set").host(), "b.example.org");
        ground.mode("store", 0o777);
        assert!(matches!(ground.load(), Err((_, Unfit::Writable))), "{:?}", ground.load());
        ground.mode("store", 0o755);
        std::fs::remove_file(ground.at("etc/firstkey/config.toml")).expect("removed");
    }
    symlink("config.toml", ground.at("etc/firstkey/config.toml")).expect("a link to itself");
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::Circle));
}

#[test]
fn sixteen_links_lead_to_the_file_and_one_more_does_not() {
    let ground = Ground::new();
    let above = ground.folder.path().canonicalize().expect("it is there");
    std::fs::rename(ground.at("etc/firstkey/config.toml"), ground.at("etc/firstkey/0")).expect("renamed");
    for number in 1..=17 {
        symlink(format!("{}", number - 1), ground.at(&format!("etc/firstkey/{number}"))).expect("a link");
    }
    let me = rustix::process::geteuid().as_raw();
    let load = |links: u32| load_below(&above.join(format!("etc/firstkey/{links}")), &above, me);
    assert!(load(16).expect("it counts").server.is_some());
    assert!(matches!(load(17), Err(ManagedTrouble::Unfit { why: Unfit::Circle, .. })));
}

#[test]
fn a_file_on_the_way_is_no_folder_and_a_folder_that_is_closed_is_not_passed_over() {
    let ground = Ground::new();
    std::fs::rename(ground.at("etc/firstkey"), ground.at("etc/aside")).expect("renamed");
    ground.write("etc/firstkey", TEXT);
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotPlain));

    // The super-user may look into any folder; run as root, the test continues as nobody.
    let test = "store::managed::tests::a_file_on_the_way_is_no_folder_and_a_folder_that_is_closed_is_not_passed_over";
    if rustix::process::geteuid().is_root() {
        let folder = TempDir::new().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
        let copy = folder.path().join("test");
        std::fs::copy(std::env::current_exe().expect("the test knows itself"), &copy).expect("our own folder");
        let mut child = std::process::Command::new(&copy);
        std::os::unix::process::CommandExt::uid(&mut child, 65534);
        let output = child.args(["--exact", test]).current_dir("/").output().expect("the test starts again");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let ground = Ground::new();
    ground.mode("etc/firstkey", 0o000);
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotReadable));
    ground.mode("etc/firstkey", 0o755);
}

#[test]
fn what_is_no_plain_file_or_no_text_does_not_count() {
    let ground = Ground::new();
    let path = "etc/firstkey/config.toml";
    ground.write(path, &"#".repeat(LONGEST));
    assert_eq!(ground.load(), Ok(Managed::default()), "just as long as it may be");
    ground.write(path, &"#".repeat(LONGEST + 1));
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotText));
    std::fs::write(ground.at(path), b"server = \"\xff\"").expect("written");
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotText));
    std::fs::remove_file(ground.at(path)).expect("removed");
    std::fs::create_dir(ground.at(path)).expect("a folder");
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotPlain));
    std::fs::remove_dir(ground.at(path)).expect("removed");
    // Nobody writes into it: it is not waited for.
    rustix::fs::mknodat(rustix::fs::CWD, ground.at(path), FileType::Fifo, Mode::RUSR, 0).expect("a pipe");
    assert_eq!(ground.load().map_err(|(_, why)| why), Err(Unfit::NotPlain));
}
