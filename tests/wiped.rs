//! Whether a secret is wiped before its memory goes back to the allocator, asked at the moment when
//! it goes back.
//!
//! `tests/residue.rs` reads the memory of the whole program, in which every block is zero once it
//! was freed, whatever was in it (`src/main.rs`). That hides whether the types of `secret.rs` do
//! what they promise to everybody who uses the library with another allocator. Here the allocator
//! looks at each block before it takes it back.

use firstkey::port::random::SystemRng;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{AccountKeyByPassword, AccountKeyByRecovery, Envelope, X25519ByAccountKey};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{Kek, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::opaque::{Registration, answer_alone};
use firstkey_core::crypto::strength::{Context, judge};
use firstkey_core::crypto::{
    encoding::pae,
    label,
    prepare::{prepare, prepare_password},
};
use firstkey_core::secret::{
    AccountKey, Ed25519Seed, ExportKey, FixedSecret, InviteToken, MasterKey, OpaquePassword, PreKey, RecoveryCode,
    SecretKey, SessionToken, SrpExponent, TokenText, TypedPassword, X25519Secret,
};
use firstkey_estimator::Zxcvbn;
use rand_core::RngCore;
use spy::Watch;
use std::hint::black_box;
use zeroize::Zeroizing;

mod spy {
    //! An allocator that looks for eight bytes of a watched secret in every block that is given
    //! back.

    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

    /// What all tests of this file together watch, in pieces of eight bytes.
    const PLACES: usize = 1024;

    static PIECES: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];
    static SEEN: [AtomicBool; PLACES] = [const { AtomicBool::new(false) }; PLACES];
    static TAKEN: AtomicUsize = AtomicUsize::new(0);

    #[global_allocator]
    static SPY: Spy = Spy;

    struct Spy;

    // SAFETY: every call goes to the system's allocator as it came; a block is only read before it
    // is given back, and all of it was written, because it was zero when it was handed out.
    // `realloc` is the trait's own: a new block, a copy, and the old one given back through
    // `dealloc`.
    unsafe impl GlobalAlloc for Spy {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as the caller promised.
            unsafe { System.alloc_zeroed(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: the block is the caller's until it is given back.
            look(unsafe { std::slice::from_raw_parts(block, layout.size()) });
            // SAFETY: as the caller promised.
            unsafe { System.dealloc(block, layout) }
        }
    }

    fn look(block: &[u8]) {
        let taken = TAKEN.load(SeqCst).min(PLACES);
        for window in block.windows(8) {
            let Some(piece) = window.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes)) else { continue };
            for (watched, seen) in PIECES[..taken].iter().zip(&SEEN) {
                if piece != 0 && watched.load(SeqCst) == piece {
                    seen.store(true, SeqCst);
                }
            }
        }
    }

    /// A secret that must not be in a block that is given back. It is kept in pieces here, outside
    /// of the heap.
    pub(super) struct Watch {
        name: &'static str,
        first: usize,
        end: usize,
    }

    impl Watch {
        pub(super) fn over(name: &'static str, secret: &[u8]) -> Self {
            let (pieces, _) = secret.as_chunks::<8>();
            let first = TAKEN.fetch_add(pieces.len(), SeqCst);
            let end = first + pieces.len();
            assert!(end <= PLACES && !pieces.is_empty(), "there is no room to watch {name}");
            for (place, piece) in PIECES[first..end].iter().zip(pieces) {
                place.store(u64::from_ne_bytes(*piece), SeqCst);
            }
            Self { name, first, end }
        }

        pub(super) fn was_given_back(&self) -> bool {
            SEEN[self.first..self.end].iter().any(|seen| seen.load(SeqCst))
        }

        pub(super) fn assert_wiped(&self) {
            assert!(!self.was_given_back(), "{} was in memory that was given back", self.name);
        }
    }
}

fn rng() -> SystemRng {
    SystemRng::open().expect("the system's generator works")
}

/// Bytes that are nowhere else.
fn fresh<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rng().fill_bytes(&mut bytes);
    bytes
}

#[test]
fn a_secret_that_nobody_wipes_is_seen_when_it_is_dropped_and_when_its_buffer_grows() {
    let secret = fresh::<64>();
    let dropped = Watch::over("what nobody wipes", &secret[..32]);
    assert!(!dropped.was_given_back());
    drop(black_box(Box::new(secret)));
    assert!(dropped.was_given_back(), "the search is blind");

    let secret = fresh::<64>();
    let grown = Watch::over("what nobody wipes", &secret);
    let mut buffer = Zeroizing::new(Vec::with_capacity(secret.len()));
    buffer.extend_from_slice(&secret);
    assert!(!grown.was_given_back());
    buffer.push(0);
    black_box(&buffer);
    assert!(grown.was_given_back(), "the search is blind where a buffer grows");

    let secret = fresh::<64>();
    let wiped = Watch::over("what is wiped", &secret);
    drop(black_box(Box::new(Zeroizing::new(secret))));
    wiped.assert_wiped();
}

fn wiped_by<T: FixedSecret, const N: usize>(name: &'static str) {
    assert_eq!(T::LEN, N);
    let bytes = fresh::<N>();
    let watch = Watch::over(name, &bytes);
    let secret = T::from_slice(&bytes).expect("the length is right");
    assert_eq!(secret.expose_slice(), bytes);
    // A move copies the pointer, never the bytes.
    let moved = Some(secret);
    drop(moved);
    watch.assert_wiped();
}

#[test]
fn every_type_of_secret_is_wiped_before_its_memory_is_given_back() {
    let asked: [(&str, fn(&'static str)); 12] = [
        ("MasterKey", wiped_by::<MasterKey, 32>),
        ("OpaquePassword", wiped_by::<OpaquePassword, 64>),
        ("PreKey", wiped_by::<PreKey, 64>),
        ("ExportKey", wiped_by::<ExportKey, 64>),
        ("AccountKey", wiped_by::<AccountKey, 32>),
        ("X25519Secret", wiped_by::<X25519Secret, 32>),
        ("Ed25519Seed", wiped_by::<Ed25519Seed, 32>),
        ("RecoveryCode", wiped_by::<RecoveryCode, 16>),
        ("SecretKey", wiped_by::<SecretKey, 32>),
        ("InviteToken", wiped_by::<InviteToken, 32>),
        ("SessionToken", wiped_by::<SessionToken, 32>),
        ("SrpExponent", wiped_by::<SrpExponent, 32>),
    ];
    for (name, ask) in asked {
        ask(name);
    }
    // Nobody adds a type and forgets it here.
    let source = include_str!("../crates/core/src/secret.rs");
    assert_eq!(source.matches("\nfixed_secret! {").count(), asked.len());
    for (name, _) in asked {
        assert!(source.contains(&format!("    {name}, ")), "{name}");
    }

    let text = fresh::<40>();
    let watch = Watch::over("TokenText", &text);
    drop(TokenText::new(Zeroizing::new(text.to_vec())));
    watch.assert_wiped();
    let typed = fresh::<40>();
    let watch = Watch::over("TypedPassword", &typed);
    drop(TypedPassword::as_typed(Zeroizing::new(typed.to_vec())));
    watch.assert_wiped();
    let typed = a_password();
    let watch = Watch::over("Password", &typed);
    let password = prepare_password(&typed).expect("letters");
    drop(password.copied());
    drop(password);
    watch.assert_wiped();
}

/// Letters alone, so that it is a password.
fn a_password() -> [u8; 64] {
    fresh::<64>().map(|byte| b'a' + byte % 26)
}

#[test]
fn preparing_a_password_leaves_nothing_of_it() {
    let typed = a_password();
    let watch = Watch::over("the password", &typed);
    let prepared = prepare(&typed).expect("letters");
    assert_eq!(prepared.as_slice(), typed);
    drop(prepared);
    watch.assert_wiped();

    // e and a combining acute: another length before than after.
    let mut raw = [0_u8; 67];
    raw[..3].copy_from_slice("e\u{301}".as_bytes());
    raw[3..].copy_from_slice(&a_password());
    let watch = Watch::over("the password that is composed", &raw[3..]);
    let prepared = prepare(&raw).expect("letters");
    assert_eq!(&prepared[..2], "é".as_bytes());
    drop(prepared);
    watch.assert_wiped();
}

#[test]
fn making_and_opening_the_keys_of_an_account_leaves_nothing_of_them() {
    let context = AccountContext { realm: RealmId::heard(fresh()), account: AccountId::heard(fresh()) };
    let profile = Profile::from_id(1).expect("the first profile");
    let block = KdfBlock { profile, salt: Salt::heard(fresh()), two_secret: true };
    let generation = KeyGen(1);
    let mut rng = rng();

    let (mk, second) = (fresh::<32>(), fresh::<32>());
    let mut watches = vec![Watch::over("MK", &mk), Watch::over("the second secret", &second)];
    let (master, second) = (MasterKey::from_bytes(&mk), SecretKey::from_bytes(&second));
    let keys = derive_password_keys(&master, &context, &block, Some(&second)).expect("both are there");
    // EXPOSE: to be watched.
    watches.extend([Watch::over("auth", keys.auth.expose()), Watch::over("pre", keys.pre.expose())]);

    let (registration, request) = Registration::start(keys.auth, &mut rng).expect("blinded");
    let answer = answer_alone(&request.0, &mut rng).expect("evaluated");
    let registered = registration.finish(&answer, &context, &mut rng).expect("sealed");
    let export = registered.export_key;
    watches.push(Watch::over("the export key", export.expose()));
    let mut kek = [0; 32];
    hazmat::hkdf(keys.pre.expose(), export.expose(), &pae(&[label::KEK_PASSWORD, &context.encode()]), &mut kek);
    watches.push(Watch::over("KEK_pw", &kek));

    let (code, ak, private) = (fresh::<16>(), fresh::<32>(), fresh::<32>());
    watches.extend([Watch::over("RC", &code), Watch::over("AK", &ak), Watch::over("the private key", &private)]);
    let (code, key, private) =
        (RecoveryCode::from_bytes(&code), AccountKey::from_bytes(&ak), X25519Secret::from_bytes(&private));
    watches.push(Watch::over("the recovery seed", derive_recovery_seed(&code, &context).expose()));
    hazmat::hkdf(label::AK, key.expose(), &pae(&[label::KEK_ACCOUNT, &context.encode()]), &mut kek);
    watches.push(Watch::over("KEK_ak", &kek));
    hazmat::hkdf(label::RECOVERY, code.expose(), &pae(&[label::KEK_RECOVERY, &context.encode()]), &mut kek);
    watches.push(Watch::over("KEK_rc", &kek));

    let by_password = Kek::derive_from_password(&keys.pre, &export, &context);
    let by_recovery = Kek::derive_from_recovery_code(&code, &context);
    let by_account = Kek::derive_from_account_key(&key, &context);
    let one =
        Envelope::<AccountKeyByPassword>::seal(&by_password, &key, &context, generation, &block, &mut rng).expect("1");
    let two = Envelope::<AccountKeyByRecovery>::seal(&by_recovery, &key, &context, generation, &mut rng).expect("2");
    let three = Envelope::<X25519ByAccountKey>::seal(&by_account, &private, &context, generation, &mut rng).expect("3");
    assert!(one.open(&by_password, &context, generation).is_ok_and(|opened| opened.matches(&key)));
    assert!(two.open(&by_recovery, &context, generation).is_ok_and(|opened| opened.matches(&key)));
    assert!(three.open(&by_account, &context, generation).is_ok_and(|opened| opened.matches(&private)));
    assert!(one.open(&Kek::derive_from_password(&keys.pre, &export, &context), &context, KeyGen(2)).is_err());

    drop((master, second, keys.pre, export, code, key, private));
    drop((by_password, by_recovery, by_account));
    for watch in &watches {
        watch.assert_wiped();
    }
}

#[test]
fn the_estimator_leaves_what_it_judges_which_is_why_the_programs_wipe_what_is_freed() {
    let typed = a_password();
    let watch = Watch::over("the judged password", &typed);
    judge(std::str::from_utf8(&typed).expect("letters"), &Context::default(), 0, &Zxcvbn);
    assert!(
        watch.was_given_back(),
        "the estimator wipes its strings now: docs/THREAT-MODEL.md, section 13, says that it does not"
    );
}
