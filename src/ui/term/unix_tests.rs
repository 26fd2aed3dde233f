use super::*;
use rustix::pty::{OpenptFlags, openpt};
use rustix::termios::ControlModes;

/// Settings with every mode on, or off, and the usual keys.
fn left_behind(on: bool) -> Termios {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    let mut modes = tcgetattr(&terminal).expect("it has settings");
    if on {
        (modes.input_modes, modes.output_modes) = (InputModes::all(), OutputModes::all());
        (modes.local_modes, modes.control_modes) = (LocalModes::all(), ControlModes::all());
    } else {
        (modes.input_modes, modes.output_modes) = (InputModes::empty(), OutputModes::empty());
        (modes.local_modes, modes.control_modes) = (LocalModes::empty(), ControlModes::empty());
    }
    modes
}

#[test]
fn whatever_a_terminal_was_left_in_a_prompt_gets_every_byte_as_it_was_typed_and_shows_none() {
    for on in [true, false] {
        let before = left_behind(on);
        let Settings(modes) = Settings(before.clone()).for_typing();
        let drops_or_changes =
            InputModes::IGNCR | InputModes::INLCR | InputModes::ISTRIP | InputModes::PARMRK | InputModes::IUCLC;
        let input = (before.input_modes - drops_or_changes) | InputModes::ICRNL | InputModes::IUTF8;
        assert_eq!(modes.input_modes, input);
        let moves = OutputModes::OCRNL | OutputModes::ONOCR | OutputModes::ONLRET | OutputModes::OLCUC;
        assert_eq!(modes.output_modes, (before.output_modes - moves) | OutputModes::OPOST | OutputModes::ONLCR);
        let shows = LocalModes::ECHO | LocalModes::ECHONL;
        let edits = LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::XCASE | LocalModes::EXTPROC;
        let local = (before.local_modes - shows - edits - LocalModes::NOFLSH) | LocalModes::ISIG;
        assert_eq!(modes.local_modes, local);
        assert_eq!(modes.control_modes, before.control_modes);
        let codes = &modes.special_codes;
        assert_eq!((codes[SpecialCodeIndex::VMIN], codes[SpecialCodeIndex::VTIME]), (1, 0));
    }
}

#[test]
fn ctrl_c_works_at_a_prompt_whatever_the_terminal_was_left_in_and_is_a_byte_where_text_is_pasted() {
    let mut before = left_behind(true);
    let key = |modes: &Termios, key| modes.special_codes[key];
    for (left, works) in [(DISABLED, 3), (3, 3), (7, 7)] {
        before.special_codes[SpecialCodeIndex::VINTR] = left;
        let settings = Settings(before.clone());
        assert_eq!(key(&settings.for_typing().0, SpecialCodeIndex::VINTR), works);
        assert_eq!(settings.editing_keys().interrupt, works);
        let Settings(pasting) = settings.for_pasting();
        for signal in [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT, SpecialCodeIndex::VSUSP] {
            assert_eq!(key(&pasting, signal), DISABLED);
        }
        assert!(!pasting.local_modes.intersects(LocalModes::ECHO | LocalModes::ICANON));
    }
    for (left, stops) in [(DISABLED, None), (26, Some(26))] {
        before.special_codes[SpecialCodeIndex::VSUSP] = left;
        assert_eq!(Settings(before.clone()).editing_keys().suspend, stops);
    }
}

#[test]
fn while_nothing_is_asked_what_is_typed_is_not_shown_and_ctrl_c_works_alone() {
    for on in [true, false] {
        let before = left_behind(on);
        let Settings(modes) = Settings(before.clone()).for_working();
        let shows = LocalModes::ECHO | LocalModes::ECHONL;
        assert_eq!(modes.local_modes, (before.local_modes - shows) | LocalModes::ISIG);
        assert_eq!(modes.special_codes[SpecialCodeIndex::VSUSP], DISABLED);
        let interrupt = SpecialCodeIndex::VINTR;
        assert_eq!(modes.special_codes[interrupt], before.special_codes[interrupt]);
        assert_eq!((Settings(before).echo(), Settings(modes).echo()), (on, false));
    }
}
