//! The terminal edge, on a real pseudo-terminal: echo, signals, type-ahead, length, questions.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files, pipes and processes are the subject")]

#[path = "support/pty.rs"]
mod pty;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::exit;

use firstkey::ui::term::{ReadTrouble, SPARE, Terminal};
use firstkey::ui::{ask, signals, term};
use pty::{End, Pty, Stage};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use rustix::termios::{InputModes, LocalModes};
use zeroize::Zeroize;

const SCENE: &str = "FIRSTKEY_TEST_SCENE";
const LONGEST: usize = 1024;

/// Starts this binary again, on a terminal, to play `scene`.
fn scene(scene: &str) -> Stage {
    Stage::new(std::env::current_exe().expect("this test binary"))
        .arg("--exact")
        .arg("this_binary_can_play_a_scene")
        .arg("--nocapture")
        .arg("--test-threads=1")
        .env(SCENE, scene)
        .stdout("/dev/null".as_ref())
}

/// Not a test of its own: what the program under test does on its terminal.
#[test]
fn this_binary_can_play_a_scene() {
    let Ok(scene) = std::env::var(SCENE) else {
        return;
    };
    let mut terminal = Terminal::open().expect("a terminal");
    let outcome =
        match scene.as_str() {
            "secret" => read_secret(&mut terminal).map(|secret| tell(&terminal, &secret)),
            "secret in memory" => find_secret_in_memory(&mut terminal),
            "gate, then secret" => {
                wait_at_gate(&terminal);
                read_secret(&mut terminal).map(|secret| tell(&terminal, &secret))
            }
            "gate, then line" => {
                wait_at_gate(&terminal);
                ask::line(&mut terminal, "Line: ").map(|line| tell(&terminal, &line))
            }
            "secret, then line" => read_secret(&mut terminal).and_then(|_| {
                let line = ask::line(&mut terminal, "Line: ")?;
                tell(&terminal, &line);
                Ok(())
            }),
            "yes or no" => {
                ask::yes_no(&mut terminal, "Is this you?", Some(true)).map(|yes| tell(&terminal, &yes.to_string()))
            }
            "line" => ask::line(&mut terminal, "Line: ").map(|line| tell(&terminal, &line)),
            "text" => terminal
                .read_text(
                    "Paste: ",
                    64 * 1024,
                    term::Summary { of_lines: |lines, _| format!("[{lines} lines]"), hides: |_| false },
                )
                .map(|text| tell(&terminal, &format!("{:?}", String::from_utf8_lossy(&text)))),
            "checked line" => ask::line_that(&mut terminal, "Group 6: ", |line: &String| {
                if line == "zk8c" { Ok(()) } else { Err("that is not group 6") }
            })
            .map(|line| tell(&terminal, &line)),
            "kit" => show_kit(&mut terminal),
            "panic in a secret" => panic_while_hidden(&mut terminal),
            "panic on the alternate screen" => {
                term::install_panic_restore();
                let _forgotten = std::mem::ManuallyDrop::new(terminal.alternate().expect("an alternate screen"));
                panic!("on purpose");
            }
            "wait" => wait_for_a_signal(&terminal),
            other => panic!("no such scene: {other}"),
        };
    let code = match outcome {
        Ok(()) => 0,
        Err(trouble) => {
            let _ = terminal.write(&format!("trouble: {trouble:?}\n"));
            match trouble {
                ReadTrouble::Interrupted => i32::from(signals::Signal::Interrupt.exit_code()),
                ReadTrouble::Terminated(signal) => i32::from(signal.exit_code()),
                _ => 1,
            }
        }
    };
    // As a program does that returns from `main`.
    drop(terminal);
    exit(code);
}

/// A named pipe for standard input, on which the program waits until the test opens it.
struct Gate {
    _folder: tempfile::TempDir,
    path: PathBuf,
    pipe: File,
}

impl Gate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gate");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a named pipe");
        // For both directions, so that opening it waits for nobody.
        let pipe = File::options().read(true).write(true).open(&path).expect("the named pipe");
        Self { _folder: folder, path, pipe }
    }

    fn open(&self) {
        (&self.pipe).write_all(b"!").expect("the named pipe takes a byte");
    }
}

fn wait_at_gate(terminal: &Terminal) {
    terminal.write("busy\n").expect("the terminal takes text");
    pass_gate();
}

fn pass_gate() {
    std::io::stdin().read_exact(&mut [0]).expect("the gate opens");
}

fn tell(terminal: &Terminal, result: &str) {
    terminal.write(&format!("result: <{result}>\n")).expect("the terminal takes text");
}

fn read_secret(terminal: &mut Terminal) -> Result<String, ReadTrouble> {
    let mut buffer = [b'?'; LONGEST + SPARE];
    let outcome = terminal.read_secret("Password: ", &mut buffer);
    let kept = outcome.as_ref().map_or(0, |&length| length);
    assert!(buffer[kept..].iter().all(|&byte| byte == 0), "something was left in the buffer");
    outcome.map(|length| String::from_utf8(buffer[..length].to_vec()).expect("promised to be UTF-8"))
}

/// What is typed in the memory test, XOR 0x55, so that the program has no copy of its own.
const MASKED: &[u8] = b"\x38\x3c\x26\x25\x27\x3c\x3b\x21\x75\x36\x3a\x37\x27\x34";

fn find_secret_in_memory(terminal: &mut Terminal) -> Result<(), ReadTrouble> {
    let mut buffer = [0; LONGEST + SPARE];
    terminal.read_secret("Password: ", &mut buffer)?;
    let before = copies_in_memory();
    buffer.zeroize();
    let after = copies_in_memory();
    tell(terminal, &format!("{before} copies, then {after}"));
    Ok(())
}

/// How often the masked text lies, unmasked, in this process's writable memory.
fn copies_in_memory() -> usize {
    let memory = File::open("/proc/self/mem").expect("our memory");
    let mut window = vec![0; 1 << 16];
    let maps = std::fs::read_to_string("/proc/self/maps").expect("our memory map");
    let mut copies = 0;
    for line in maps.lines().filter(|line| line.contains(" rw") && !line.contains("[v")) {
        let (start, end) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let mut at = u64::from_str_radix(start, 16).expect("an address");
        let end = u64::from_str_radix(end, 16).expect("an address");
        while at < end {
            // What this search reads must not be found by it: the window is masked at once, and
            // wiped on the way out.
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(window.len());
            let Ok(count) = memory.read_at(&mut window[..count], at) else { break };
            window[..count].iter_mut().for_each(|byte| *byte ^= 0x55);
            copies += window[..count].windows(MASKED.len()).filter(|found| *found == MASKED).count();
            window.as_mut_slice().zeroize();
            if count <= MASKED.len() {
                break;
            }
            // Over the edge of the window, but no finding twice.
            let step = if at + count as u64 == end { count } else { count - (MASKED.len() - 1) };
            at += step as u64;
        }
    }
    copies
}

fn show_kit(terminal: &mut Terminal) -> Result<(), ReadTrouble> {
    let Some(mut screen) = terminal.alternate() else {
        tell(terminal, "not possible");
        return Ok(());
    };
    screen.write("1  H7KD\n")?;
    let answer = screen.read_line("Written down? ", 10);
    drop(screen);
    answer?;
    tell(terminal, "left");
    Ok(())
}

/// The panic comes from another thread, and the reading thread never returns: only the panic hook
/// can help.
fn panic_while_hidden(terminal: &mut Terminal) -> Result<(), ReadTrouble> {
    term::install_panic_restore();
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        // As a build that aborts on panic: nothing is dropped.
        exit(70);
    }));
    std::thread::spawn(|| {
        pass_gate();
        panic!("on purpose");
    });
    read_secret(terminal).map(drop)
}

fn wait_for_a_signal(terminal: &Terminal) -> Result<(), ReadTrouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let signal = runtime.block_on(async {
        terminal.write("waiting\n")?;
        let first = signals::wait().await;
        // Sticky: every later wait ends too.
        assert_eq!(signals::wait().await, first);
        Ok::<_, ReadTrouble>(first)
    })?;
    assert_eq!(signals::pending(), Some(signal));
    exit(i32::from(signal.exit_code()))
}

/// At the prompt of a secret that is being typed.
fn typing(stage: Stage) -> Pty {
    let mut pty = stage.start();
    pty.expect("Password: ");
    assert!(!pty.echo_is_on(), "the echo is on at the prompt");
    pty.send("velvet tundra");
    pty
}

fn assert_secret_is_not_shown(pty: &Pty) {
    assert!(!pty.output().contains("velvet"), "shown: {}", pty.output());
}

#[test]
fn a_secret_is_invisible_and_the_echo_is_on_again_afterwards() {
    let mut pty = typing(scene("secret"));
    pty.send("\r");
    let shown = pty.expect("result: ");
    assert!(!shown.contains("velvet"), "shown while typing: {shown}");
    pty.expect("<velvet tundra>");
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(pty.echo_is_on());
}

#[test]
fn the_terminal_has_its_very_modes_back() {
    for play in ["gate, then secret", "gate, then line"] {
        let gate = Gate::new();
        let mut pty = scene(play).stdin(&gate.path).start();
        pty.expect("busy");
        let before = modes(&pty);
        gate.open();
        pty.expect(": ");
        // What is visible, the program shows itself.
        assert!(!pty.echo_is_on());
        pty.send("a\r");
        pty.expect("result: <a>");
        pty.wait();
        assert_eq!(modes(&pty), before);
    }
}

fn modes(pty: &Pty) -> impl PartialEq + std::fmt::Debug + use<> {
    let modes = pty.modes();
    // PENDIN is the kernel's own note that input waits to be looked at again.
    (modes.input_modes, modes.output_modes, modes.control_modes, modes.local_modes - LocalModes::PENDIN)
}

#[test]
fn ctrl_c_while_a_secret_is_typed_leaves_the_echo_on() {
    let mut pty = typing(scene("secret"));
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.echo_is_on());
    assert!(pty.output().contains("Interrupted"));
    assert_secret_is_not_shown(&pty);
}

#[test]
fn every_ending_signal_while_a_secret_is_typed_leaves_the_echo_on() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131), (Signal::INT, 130)] {
        let mut pty = typing(scene("secret"));
        pty.signal(signal);
        assert_eq!(pty.wait(), End::Exited(code), "{signal:?}");
        assert!(pty.echo_is_on(), "{signal:?}");
        assert_secret_is_not_shown(&pty);
    }
}

#[test]
fn a_panic_while_a_secret_is_typed_leaves_the_echo_on() {
    let gate = Gate::new();
    let mut pty = typing(scene("panic in a secret").stdin(&gate.path));
    gate.open();
    assert_eq!(pty.wait(), End::Exited(70));
    assert!(pty.echo_is_on());
    assert_secret_is_not_shown(&pty);
}

#[test]
fn ctrl_z_gives_the_shell_its_echo_and_the_prompt_hides_again_afterwards() {
    let mut pty = typing(scene("secret"));
    pty.send("\x1a");
    pty.until_stopped();
    assert!(pty.echo_is_on(), "the shell has no echo");
    pty.signal(Signal::CONT);
    pty.expect("Password: ");
    assert!(!pty.echo_is_on(), "the echo stayed on");
    pty.send("cobra lunar\r");
    pty.expect("result: <cobra lunar>");
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(pty.echo_is_on());
    assert_secret_is_not_shown(&pty);
}

#[test]
fn a_stop_from_outside_is_like_ctrl_z_time_and_again() {
    let mut pty = typing(scene("secret"));
    for _ in 0..3 {
        pty.signal(Signal::TSTP);
        pty.until_stopped();
        assert!(pty.echo_is_on());
        pty.signal(Signal::CONT);
        pty.expect("Password: ");
        assert!(!pty.echo_is_on());
    }
}

#[test]
fn ctrl_z_works_outside_of_a_prompt_too() {
    let mut pty = scene("wait").start();
    pty.expect("waiting");
    pty.send("\x1a");
    pty.until_stopped();
    pty.signal(Signal::CONT);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
}

#[test]
fn what_was_typed_before_a_secrets_prompt_is_not_taken_for_it() {
    let gate = Gate::new();
    let mut pty = scene("gate, then secret").stdin(&gate.path).start();
    pty.expect("busy");
    pty.send("typed ahead\r");
    // The echo says that the terminal has it.
    pty.expect("typed ahead");
    gate.open();
    pty.expect("Password: ");
    pty.send("the secret\r");
    pty.expect("result: <the secret>");
}

#[test]
fn a_stop_before_a_prompt_does_not_stop_the_prompt_again() {
    let gate = Gate::new();
    let mut pty = scene("gate, then secret").stdin(&gate.path).start();
    pty.expect("busy");
    pty.send("\x1a");
    pty.until_stopped();
    pty.signal(Signal::CONT);
    gate.open();
    pty.expect("Password: ");
    pty.send("the secret\r");
    pty.expect("result: <the secret>");
    assert!(!pty.output().contains("Password: \r\nPassword: "), "asked twice: {}", pty.output());
}

#[test]
fn a_question_is_shown_again_after_ctrl_z() {
    let mut pty = scene("yes or no").start();
    pty.expect("[Y/n] ");
    pty.send("\x1a");
    pty.until_stopped();
    pty.signal(Signal::CONT);
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\r");
    pty.expect("result: <true>");
}

#[test]
fn a_secret_of_1024_bytes_is_whole_and_one_byte_more_is_refused() {
    let mut pty = scene("secret").start();
    pty.expect("Password: ");
    let longest = "x".repeat(LONGEST);
    pty.send(format!("{longest}\r"));
    pty.expect(&format!("<{longest}>"));
    assert_eq!(pty.wait(), End::Exited(0));

    for too_long in [LONGEST + 1, 3 * LONGEST] {
        let mut pty = scene("secret").start();
        pty.expect("Password: ");
        pty.send(format!("{}\r", "x".repeat(too_long)));
        pty.expect("trouble: TooLong");
        assert_eq!(pty.wait(), End::Exited(1));
        assert!(pty.echo_is_on());
    }
}

#[test]
fn a_secret_lies_in_the_callers_buffer_and_nowhere_else() {
    let mut pty = scene("secret in memory").start();
    pty.expect("Password: ");
    // In two pieces, with a correction, so that the editing has something to move. The words that
    // are looked for come late: an allocator overwrites the first bytes of what was freed.
    pty.send("velvet tundra lunar misprimt");
    pty.send("\x7f\x7fnt cobra\r");
    pty.expect("result: <1 copies, then 0>");
}

#[test]
fn a_secret_can_be_corrected() {
    let mut pty = scene("secret").start();
    pty.expect("Password: ");
    pty.send("wrong\x15gr\u{fc}\x7fai\u{1f511}\x7fn\r");
    pty.expect("result: <grain>");
}

#[test]
fn paste_markers_are_neither_asked_for_nor_kept() {
    let mut pty = scene("secret").start();
    let before_the_prompt = pty.expect("Password: ");
    assert!(before_the_prompt.contains("\x1b[?2004l"));
    pty.send("\x1b[200~velvet tundra\x1b[201~\r");
    pty.expect("result: <velvet tundra>");

    let mut pty = scene("line").start();
    pty.expect("Line: ");
    pty.send("\x1b[200~https://example.org/i#fkinv1.a\x1b[201~\r");
    pty.expect("result: <https://example.org/i#fkinv1.a>");
}

#[test]
fn a_paste_of_many_lines_is_one_text_and_nothing_of_it_reaches_the_shell() {
    let lines = "first\rsecond\r\rfourth";
    for paste in [format!("{lines}\r"), format!("\x1b[200~{lines}\x1b[201~\r")] {
        let mut pty = scene("text").start();
        assert!(pty.expect("Paste: ").ends_with("\x1b[?2004hPaste: "), "marked pastes are not asked for");
        pty.send(paste);
        pty.expect("[4 lines]\r\n");
        pty.expect(r#"result: <"first\nsecond\n\nfourth">"#);
        assert_eq!(pty.wait(), End::Exited(0));
        assert!(pty.output().contains("\x1b[?2004l"), "marked pastes are left on");
    }
}

#[test]
fn the_rest_of_a_paste_is_thrown_away_before_the_program_ends() {
    for (play, prompt, typed, end) in [
        ("text", "Paste: ", "\x03touch owned\r", End::Exited(130)),
        ("line", "Line: ", "one\rtouch owned\rtouch owned\r", End::Exited(0)),
        ("secret", "Password: ", "\x03touch owned\r", End::Exited(130)),
    ] {
        let mut pty = scene(play).start();
        pty.expect(prompt);
        pty.send(typed);
        // In a test, another thread than the reading one takes the signal, and may be late: that it
        // goes before the line is shown with the program itself (tests/tty/stops.rs).
        let ended = pty.wait();
        assert!(ended == end || (play == "secret" && ended == End::Exited(0)), "{play}: {ended:?}");
        assert_eq!(pty.left_to_read(), 0, "{play}: a shell would run what is left");
    }
}

#[test]
fn a_text_of_64_kib_is_whole_and_one_byte_more_is_refused() {
    for (length, said) in [(64 * 1024, "result: <"), (64 * 1024 + 1, "trouble: TooLong")] {
        let mut pty = scene("text").start();
        pty.expect("Paste: ");
        pty.send(format!("\x1b[200~{}\x1b[201~\r", "x".repeat(length)));
        pty.expect(said);
        pty.wait();
    }
}

#[test]
fn whatever_modes_the_terminal_was_left_in_what_is_typed_arrives_as_it_is_and_they_are_given_back() {
    let odd = InputModes::IGNCR | InputModes::INLCR | InputModes::ISTRIP | InputModes::IUCLC;
    for (play, prompt) in [("gate, then secret", "Password: "), ("gate, then line", "Line: ")] {
        let gate = Gate::new();
        let mut pty = scene(play).stdin(&gate.path).start();
        pty.expect("busy");
        pty.set_modes(|modes| {
            modes.input_modes |= odd;
            modes.input_modes -= InputModes::ICRNL | InputModes::IUTF8;
        });
        let before = modes(&pty);
        gate.open();
        pty.expect(prompt);
        pty.send("B\u{e9}ttery \u{1f511}\u{e9}\x7f STAPLE\r");
        pty.expect("result: <B\u{e9}ttery \u{1f511} STAPLE>");
        pty.wait();
        assert_eq!(modes(&pty), before);
    }
}

#[test]
fn ctrl_c_stops_every_prompt_also_where_a_program_that_crashed_made_a_sequence_of_it() {
    for (play, prompt) in [("secret", "Password: "), ("yes or no", "[Y/n] "), ("line", "Line: "), ("text", "Paste: ")] {
        for spelt in ["\x1b[99;5u", "\x1b[27;5;99~"] {
            let mut pty = scene(play).start();
            pty.expect(prompt);
            pty.send(spelt);
            assert_eq!(pty.wait(), End::Exited(130), "{play} {spelt:?}");
        }
        let mut pty = scene(play).start();
        let before = pty.expect(prompt);
        assert!(before.contains("\x1b[>0u"), "the keyboard's protocol is left on: {before:?}");
        pty.send("y\r");
        pty.wait();
        assert!(pty.output().contains("\x1b[<1u"), "and is not given back");
    }
}

#[test]
fn a_control_v_that_does_not_paste_is_questioned() {
    let mut pty = scene("secret").start();
    pty.expect("Password: ");
    pty.send("\x16\r");
    pty.expect("trouble: ControlCharacter(22)");
}

#[test]
fn ctrl_d_on_an_empty_line_closes() {
    for (play, prompt) in [("secret", "Password: "), ("yes or no", "[Y/n] ")] {
        let mut pty = scene(play).start();
        pty.expect(prompt);
        pty.send("\x04");
        pty.expect("trouble: Closed");
        pty.wait();
        assert!(pty.echo_is_on());
    }
}

#[test]
fn ctrl_c_in_a_question_is_noticed_and_leaves_the_terminal_intact() {
    for (play, prompt) in [("yes or no", "[Y/n] "), ("line", "Line: ")] {
        let mut pty = scene(play).start();
        pty.expect(prompt);
        pty.send("ma");
        pty.send("\x03");
        assert_eq!(pty.wait(), End::Exited(130));
        assert!(pty.echo_is_on());
        assert!(!pty.screen().hide_cursor(), "the cursor is hidden");
    }
}

#[test]
fn a_question_takes_only_a_clear_answer_and_enter_means_the_default() {
    let mut pty = scene("yes or no").start();
    pty.expect("Is this you? [Y/n] ");
    pty.send("maybe\r");
    pty.expect("error: ");
    pty.expect("Is this you? [Y/n] ");
    pty.send("no\r");
    pty.expect("result: <false>");

    let mut pty = scene("yes or no").start();
    pty.expect("Is this you? [Y/n] ");
    pty.send("\r");
    pty.expect("result: <true>");
}

#[test]
fn a_line_is_asked_again_until_it_is_right() {
    let mut pty = scene("checked line").start();
    pty.expect("Group 6: ");
    pty.send("zk8d\r");
    pty.expect("error: that is not group 6");
    pty.expect("Group 6: ");
    pty.send("zk8c\r");
    pty.expect("result: <zk8c>");
}

#[test]
fn a_dumb_terminal_of_40_columns_gets_text_and_nothing_else() {
    for play in ["secret", "yes or no", "line"] {
        let mut pty = scene(play).term("dumb").size(24, 40).start();
        pty.expect(if play == "yes or no" { "[Y/n] " } else { ": " });
        pty.send("y\r");
        pty.expect("result: ");
        pty.wait();
        assert!(!pty.output().contains('\x1b'), "{:?}", pty.output());
        assert!(!pty.output().replace("\r\n", "").contains('\r'), "redrawn: {:?}", pty.output());
    }
}

#[test]
fn standard_input_from_a_pipe_is_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let piped = folder.path().join("piped");
    std::fs::write(&piped, "from the pipe\n").expect("a file");
    let mut pty = scene("secret, then line").stdin(&piped).start();
    pty.expect("Password: ");
    pty.send("typed\r");
    pty.expect("Line: ");
    pty.send("typed too\r");
    pty.expect("result: <typed too>");
}

#[test]
fn the_recovery_kit_leaves_no_trace_on_the_main_screen() {
    for (key, end) in [("y\r", End::Exited(0)), ("\x03", End::Exited(130))] {
        let mut pty = scene("kit").start();
        pty.expect("Written down? ");
        assert!(pty.screen().alternate_screen() && pty.screen().contents().contains("H7KD"));
        pty.send(key);
        assert_eq!(pty.wait(), end);
        assert!(!pty.screen().alternate_screen());
        assert!(!pty.screen().contents().contains("H7KD"));
    }
    let mut pty = scene("kit").term("dumb").start();
    pty.expect("result: <not possible>");
    assert!(!pty.output().contains("H7KD"));
}

#[test]
fn a_panic_brings_the_main_screen_back() {
    let mut pty = scene("panic on the alternate screen").start();
    pty.wait();
    assert!(!pty.screen().alternate_screen());
    assert!(pty.screen().contents().contains("on purpose"), "the message is lost on the other screen");
}

#[test]
fn a_wait_for_something_else_ends_at_a_signal() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut pty = scene("wait").start();
        pty.expect("waiting");
        pty.signal(signal);
        assert_eq!(pty.wait(), End::Exited(code));
    }
}
