//! Names that this computer remembers, in the completions of the client: `firstkey names` prints
//! them, and each shell offers them where an account, a server or a person is to be named.
//!
//! Promise: a name is data to every shell: it is never expanded, evaluated or read as a pattern,
//! and it is quoted where it is put into the command line. `firstkey names` prints no mark that a
//! shell reads as anything else, besides. Must never: ask a server, or show an error.

/// What may be named after a flag, or in the place of an argument.
const FLAGS: [(&str, &str, &str); 5] = [
    ("account", "NAME", "accounts"),
    ("server", "URL", "servers"),
    ("yes-for", "EMAIL", "accounts"),
    ("accept-reset", "EMAIL", "accounts"),
    ("to", "WHOM", "people"),
];

/// Every flag's place has to be there: a flag that was renamed must not lose its names in silence.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the completions have no {from:?} any more");
    text.replace(from, to)
}

/// A function around the generated one, which goes first where a name is wanted. Bash splits words
/// at `@` and `:`, so the word is taken from the line itself; what bash leaves in the line is taken
/// off again: all up to a `:`, and all before an `@`.
pub(crate) fn bash(generated: &str) -> String {
    let cases: String = FLAGS.iter().map(|(flag, _, of)| format!("        --{flag}) of={of} ;;\n")).collect();
    let start = generated.rfind("\nif [[ \"${BASH_VERSINFO").expect("the line that registers the completion");
    let before = &generated[..start];
    format!(
        "{before}
_firstkey_known() {{
    local line=\"${{COMP_LINE:0:COMP_POINT}}\" word before of=\"\" name kept
    word=\"${{line##*[[:blank:]]}}\"
    before=\"${{line%\"$word\"}}\"
    before=\"${{before%\"${{before##*[![:blank:]]}}\"}}\"
    before=\"${{before##*[[:blank:]]}}\"
    if [[ $word == --*=* ]]; then
        before=\"${{word%%=*}}\"
        word=\"${{word#*=}}\"
    fi
    case \"$before\" in
{cases}        people) of=people ;;
    esac
    if [[ -z $of || $word == -* ]]; then
        _firstkey \"$@\"
        return
    fi
    kept=\"${{word%\"${{word##*[@:=]}}\"}}\"
    kept=\"${{kept%@}}\"
    COMPREPLY=()
    while IFS= read -r name; do
        if [[ $name == \"$word\"* ]]; then
            printf -v name %q \"${{name#\"$kept\"}}\"
            COMPREPLY+=(\"$name\")
        fi
    done < <(command firstkey names \"$of\" 2>/dev/null </dev/null)
}}

if [[ \"${{BASH_VERSINFO[0]}}\" -eq 4 && \"${{BASH_VERSINFO[1]}}\" -ge 4 || \"${{BASH_VERSINFO[0]}}\" -gt 4 ]]; then
    complete -F _firstkey_known -o nosort -o bashdefault -o default firstkey
else
    complete -F _firstkey_known -o bashdefault -o default firstkey
fi
"
    )
}

/// Functions for `_arguments`; `compadd` quotes what it inserts.
pub(crate) fn zsh(generated: &str) -> String {
    let mut text = generated.to_owned();
    for (flag, value, of) in FLAGS {
        let mut found = false;
        let lines = text.lines().map(|line| {
            let end = format!(":{value}:_default' \\");
            match line.strip_suffix(&end) {
                Some(start) if start.contains(&format!("--{flag}=")) => {
                    found = true;
                    format!("{start}:{value}:_firstkey_{of}' \\")
                }
                _ => line.to_owned(),
            }
        });
        text = lines.collect::<Vec<_>>().join("\n") + "\n";
        assert!(found, "the completions of zsh have no --{flag} any more");
    }
    let people = "'::email -- Whose public key; without it, lists the people remembered here:_default' \\";
    text = replaced(&text, people, &people.replace("_default", "_firstkey_people"));
    let functions: String = ["accounts", "servers", "people"]
        .iter()
        .map(|of| {
            format!(
                "_firstkey_{of}() {{
    local -a names
    names=(${{(f)\"$(command firstkey names {of} 2>/dev/null </dev/null)\"}})
    compadd -a names
}}
"
            )
        })
        .collect();
    replaced(
        &text,
        "\nif [ \"$funcstack[1]\" = \"_firstkey\" ]; then",
        &format!("\n{functions}\nif [ \"$funcstack[1]\" = \"_firstkey\" ]; then"),
    )
}

/// Each line of a command's output is a candidate, which fish escapes.
pub(crate) fn fish(generated: &str) -> String {
    let mut text = String::new();
    let mut found = Vec::new();
    for line in generated.lines() {
        text.push_str(line);
        for (flag, _, of) in FLAGS {
            if line.contains(&format!(" -l {flag} ")) && line.ends_with(" -r") {
                text.push_str(&format!(" -f -a \"(command firstkey names {of} 2>/dev/null </dev/null)\""));
                found.push(flag);
            }
        }
        text.push('\n');
    }
    assert!(FLAGS.iter().all(|(flag, ..)| found.contains(flag)), "the completions of fish lack a flag: {found:?}");
    text.push_str(
        "complete -c firstkey -n \"__fish_firstkey_using_subcommand people\" -f \
         -a \"(command firstkey names people 2>/dev/null </dev/null)\"\n",
    );
    text
}

/// Asked before the generated part; what is inserted is one quoted word.
pub(crate) fn powershell(generated: &str) -> String {
    let cases: String = FLAGS.iter().map(|(flag, _, of)| format!("        '--{flag}' {{ '{of}' }}\n")).collect();
    let start = "    $commandElements = $commandAst.CommandElements\n";
    replaced(
        &generated.replace("\r\n", "\n"),
        start,
        &format!(
            "{start}    $complete = $commandElements.Count
    if ($wordToComplete) {{ $complete-- }}
    $previous = if ($complete -gt 1) {{ \"$($commandElements[$complete - 1])\" }} else {{ '' }}
    $of = switch -CaseSensitive ($previous) {{
{cases}        'people' {{ 'people' }}
        default {{ '' }}
    }}
    if ($of -and -not $wordToComplete.StartsWith('-')) {{
        firstkey names $of 2>$null | Where-Object {{ $_.StartsWith($wordToComplete) }} | ForEach-Object {{
            $quoted = \"'\" + ($_ -replace \"'\", \"''\") + \"'\"
            [System.Management.Automation.CompletionResult]::new($quoted, $_, 'ParameterValue', $_)
        }}
        return
    }}
"
        ),
    )
}

/// Types with a completion of their own.
pub(crate) fn nushell(generated: &str) -> String {
    let mut text = generated.to_owned();
    for (flag, _, of) in FLAGS {
        let plain = format!("--{flag}: string");
        text = replaced(&text, &plain, &format!("{plain}@\"nu-complete firstkey {of}\""));
    }
    text = replaced(&text, "    email?: string", "    email?: string@\"nu-complete firstkey people\"");
    let functions: String = ["accounts", "servers", "people"]
        .iter()
        .map(|of| {
            format!(
                "  def \"nu-complete firstkey {of}\" [] {{
    ^firstkey names {of} | complete | get stdout | lines
  }}

"
            )
        })
        .collect();
    replaced(&text, "module completions {\n\n", &format!("module completions {{\n\n{functions}"))
}
