#!/usr/bin/env python3
"""Writes mangled-links.json: one invite link in the forms in which people get it.

    tests/data/mangled_links.py          writes the file, and the seeds of the fuzz target
    tests/data/mangled_links.py --check  fails if the file is another one

Shares no code with the reader: percent-encoding, quoted-printable, base64, MIME and HTML come from
Python's library, the forms of the rewriters from their documentation.
"""

import base64
import email.message
import email.policy
import html
import json
import pathlib
import quopri
import sys
import textwrap
from urllib.parse import quote

ID, TOKEN = "AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
# A token with the two characters that encodings care about, at the places that hurt.
ODD_TOKEN = "--___AEC-wQF_gcICQoLDA0ODxAREhMUFRYX-kaGxw8"
BINDING, ODD_BINDING = "EBESExQVFhcYGRobHB0eHw", "-_AEC-wQF_gcICQoLDA0-g"
L = f"https://accounts.example.org/i#fkinv2.{ID}.{TOKEN}.{BINDING}"
ODD = f"https://accounts.example.org:8443/i#fkinv2.{ID}.{ODD_TOKEN}.{ODD_BINDING}"
OTHER = f"https://accounts.example.org/i#fkinv2.{ID}.{ODD_TOKEN}.{BINDING}"
# Of a server of before.
OLD = f"https://accounts.example.org/i#fkinv1.{ID}.{TOKEN}"
FILE = pathlib.Path(__file__).with_name("mangled-links.json")

cases = []


def one(name, text, link=L):
    add(name, text, [link])


def add(name, text, links):
    data = text.encode() if isinstance(text, str) else text
    case = {"name": name, "links": links}
    try:
        case["text"] = data.decode("ascii")
    except UnicodeDecodeError:
        case["base64"] = base64.b64encode(data).decode()
    cases.append(case)


def opaque(name, text):
    cases.append({"name": name, "links": [], "trouble": "replaced", "text": text})


def fold(text, width, end="\n"):
    return end.join(text[at : at + width] for at in range(0, len(text), width))


def safe_links(link, times=1):
    data = "05%7C02%7Cada%40example.org%7C0123456789abcdef%7C0%7C0%7C638600000000000000%7CUnknown%7C%3D%3D%7C0%7C%7C%7C"
    for _ in range(times - 1):
        link = link.replace("#", "%23")
    url = quote(link, safe="")
    return f"https://deu01.safelinks.protection.outlook.com/?url={url}&data={data}&sdata=abc%2BdefGHI%3D&reserved=0"


def v2(link):
    code = "".join(c if c.isalnum() or c == "." else "_" if c == "/" else "-%02X" % ord(c) for c in link)
    return f"https://urldefense.proofpoint.com/v2/url?u={code}&d=DwMFaQ&c=euGZstcaTDllvim&r=abc_def-g&m=xyz&s=123&e="


def v3(link, keep="/:?=&%-_.~"):
    kept, code = "", b""
    for c in link:
        if c.isalnum() or c in keep:
            kept += c
        else:
            kept, code = kept + "*", code + c.encode()
    code = base64.urlsafe_b64encode(code).decode().rstrip("=")
    return f"https://urldefense.com/v3/__{kept}__;{code}!!Abc123!xyzXYZ-_09$"


def google(link):
    return f"https://www.google.com/url?q={quote(link, safe=':/')}&sa=D&source=calendar&ust=1700000000000000&usg=AOvVaw0"


def in_query(start, link, end=""):
    return f"{start}{quote(link, safe='')}{end}"


def sophos(link, alphabet=base64.b64encode):
    code = quote(alphabet(link.encode()).decode(), safe="")
    return f"https://eu-west-1.protection.sophos.com?d=example.org&u={code}&i=NWY0&t=abc&h=0123456789abcdef&s=AVNPUEhUT0NFTkNSWVBUSVY"


def mail(link, encoding, kind="plain", shape=None):
    words = f"Hello Ada,\n\nExample Corp invites you. Run firstkey accept, then paste this link:\n\n  {link}\n\nIt expires on Friday.\n"
    page = f'<p>Hello Ada,</p><p><a href="{html.escape(link)}">Finish your account</a></p><img src="https://example.org/logo.png?a=b">'
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"], message["From"], message["To"] = "Finish your account", "it@example.org", "ada@example.org"
    message["DKIM-Signature"] = "v=1; a=rsa-sha256; d=example.org; b=abc=3Ddef=; bh=xyz="
    if shape == "alternative":
        message.set_content(words, cte=encoding)
        message.add_alternative(page, subtype="html", cte=encoding)
    elif kind == "html":
        message.set_content(page, subtype="html", cte=encoding)
    else:
        message.set_content(words, cte=encoding)
    return message.as_bytes()


# As it was sent
one("as it is", L)
one("white space around", f" \t {L}\r\n")
one("a port and an odd token", ODD, ODD)

# Punctuation and brackets
for name, text in [
    ("angle brackets", "<{}>"), ("angle brackets and a comma", "<{}>,"), ("two pairs of angle brackets", "<<{}>>"),
    ("angle brackets with spaces", "< {} >"), ("RFC 3986 delimiters", "<URL:{}>"),
    ("full stop", "{}."), ("comma", "{},"), ("semicolon", "{};"), ("colon", "{}:"), ("exclamation mark", "{}!"),
    ("question mark", "{}?"), ("three dots", "{}..."), ("ellipsis", "{}…"), ("slash", "{}/"), ("parentheses", "({})"),
    ("parenthesis and full stop", "(see {})."), ("square brackets", "[{}]"), ("braces", "{{{}}}"),
    ("straight quotation marks", '"{}"'), ("apostrophes", "'{}'"), ("English quotation marks", "“{}”"),
    ("single English quotation marks", "‘{}’"), ("German quotation marks", "„{}“"), ("French quotation marks", "« {} »"),
    ("French quotation marks, no-break spaces", "«\u00a0{}\u00a0»"), ("Danish quotation marks", "»{}«"),
    ("Japanese brackets", "「{}」"), ("Chinese full stop", "链接：{}。"), ("Arabic comma", "{}،"), ("backticks", "`{}`"),
    ("stars", "*{}*"), ("two stars", "**{}**"), ("underscores", "_{}_"), ("two underscores", "__{}__"), ("tildes", "~{}~"),
    ("a sentence", "Please open {} before Friday, thank you."), ("a label", "Your invite link:{}"), ("a bullet", "  - {}"),
    ("a field of a table", "| Ada | {} |"), ("an assignment", "INVITE={}"), ("a command line", "$ firstkey accept '{}'"),
]:
    one(name, text.format(L))
one("underscores around an odd token", f"_{ODD}_", ODD)
one("said twice", f"{L}\n{L}\n")

# Markdown and HTML
one("Markdown, link as its own text", f"[{L}]({L})")
one("Markdown with words", f"[Finish your account]({L})")
one("Markdown with a title", f'[Finish]({L} "Your account").')
one("Markdown by reference", f"[Finish][1]\n\n[1]: {L}\n")
one("Markdown with escapes", ODD.replace("_", "\\_").replace("-", "\\-"), ODD)
one("an anchor", f'<a href="{html.escape(L)}">Finish your account</a>')
one("an anchor with apostrophes", f"<a class=x href='{L}' target=_blank>Finish</a>")
one("an anchor without quotation marks", f"<a href={L}>Finish</a>")
one("an anchor whose text is the link", f'<p><a href="{L}">{L}</a></p>')
one("character references", L.replace("#", "&#35;").replace(":", "&#x3a;").replace("/", "&sol;"))
one("word breaks of HTML", f"<p>{fold(L, 20, '<wbr>')}</p>")
one("spans of HTML", f"<td><span>{L[:50]}</span><span>{L[50:]}</span></td>")
one("line breaks of HTML", f"<pre>{fold(L, 60, '<br>')}</pre>")
one("soft hyphens of HTML", fold(L, 12, "&shy;"))

# Lines
one("two lines", f"{L[:60]}\n{L[60:]}\n")
one("lines of 76", fold(f"Link: {L}", 76))
one("lines of 40", fold(L, 40))
one("lines of 20, in the middle of the host", fold(L, 20))
one("CRLF", fold(L, 50, "\r\n"))
one("CR", fold(L, 50, "\r"))
one("indented lines", textwrap.indent(fold(L, 50), "    "))
one("trailing spaces", fold(L, 50, "  \n"))
one("soft hyphens at line ends", fold(L, 40, "\u00ad\n"))
one("hyphens at line ends", fold(L, 45, "-\n"))
one("hyphens of its own at line ends", f"{ODD[:45 + ODD[45:].find('-') + 1]}\n{ODD[45 + ODD[45:].find('-') + 1:]}", ODD)
one("a line separator of Unicode", fold(L, 50, "\u2028"))
one("every other line empty", fold(L, 40, "\n\n") + "\n\n")
one("spaces in the place of line breaks", fold(L, 50, " "))
one("no-break spaces in the place of line breaks", fold(L, 50, "\u00a0"))
one("quoted", textwrap.indent(f"Hello,\n{L}\nBye", "> "))
one("quoted twice", textwrap.indent(L, "> > "))
one("quoted twice without spaces", textwrap.indent(L, ">>"))
one("quoted and wrapped", textwrap.indent(fold(L, 60), "> "))
one("wrapped and quoted three times", textwrap.indent(fold(L, 66), "> > > "))
one("quoted with bars", textwrap.indent(fold(L, 66), "| "))
one("quoted with a name", textwrap.indent(fold(L, 66), "Ada> "))
one("quoted marks of HTML", textwrap.indent(fold(L, 66), "&gt; "))
one("wrapped, then words on its last line", fold(L, 60) + " is your link.")
one("a forwarded mail", f"---------- Forwarded message ---------\nFrom: IT <it@example.org>\nTo: Ada <ada@example.org>\n\n> Hello Ada,\n> {L[:70]}\n> {L[70:]}\n>\n> See https://example.org/help?a=b%20c\n")

# Characters that are not seen
for name, c in [("zero-width spaces", "\u200b"), ("zero-width joiners", "\u200d"), ("word joiners", "\u2060"),
                ("soft hyphens", "\u00ad"), ("left-to-right marks", "\u200e"), ("byte order marks", "\ufeff")]:
    one(name, fold(L, 9, c))
one("a byte order mark in front", "\ufeff" + L)
one("no-break spaces around", f"\u00a0{L}\u00a0")
one("isolates around", f"\u2068{L}\u2069")
one("ideographic space", f"\u3000{L}\u3000")
one("capitals in scheme and host", L.replace("https://accounts.example.org", "HTTPS://Accounts.EXAMPLE.org"))
one("a scheme in capitals", L.replace("https", "Https"))

# Programs that add
one("Gmail", f"{L}&source=gmail&ust=1511353971734000&usg=AFQjCNG0")
one("campaign before the #", L.replace("/i#", "/i?utm_source=mail&utm_medium=email#"))
one("campaign after it", f"{L}?utm_source=mail&utm_campaign=x")
one("fbclid", f"{L}?fbclid=IwAR0_-x")
one("an encoded #", L.replace("#", "%23"))
one("an encoded #, twice", L.replace("#", "%2523"))
one("everything behind the host encoded", L.replace("/i#", "%2Fi%23"))
one("dots encoded", L.replace("#", "%23").replace(f"{ID}.", f"{ID}%2E"))

# Rewriters
for name, rewrite in [
    ("Safe Links", safe_links), ("Safe Links, the # encoded twice", lambda link: safe_links(link, 2)),
    ("Safe Links of a Teams message", lambda link: in_query("https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=", link, "&locale=en-us&dest=x")),
    ("urldefense v1", lambda link: in_query("https://urldefense.proofpoint.com/v1/url?u=", link, "&k=abc%3D%0A&r=def%3D&s=123")),
    ("urldefense v2", v2), ("urldefense v3", v3),
    ("urldefense v3, one slash", lambda link: v3(link).replace("__https://", "__https:/")),
    ("urldefense v3 in another domain", lambda link: v3(link).replace("urldefense.com", "urldefense.us")),
    ("Google", google), ("Google, all encoded", lambda link: in_query("https://www.google.com/url?sa=t&url=", link, "&usg=AOv")),
    ("Barracuda", lambda link: in_query("https://linkprotect.cudasvc.com/url?a=", link, "&c=E,1,abc,&typo=1")),
    ("Symantec", lambda link: in_query("https://clicktime.symantec.com/15t5ZvVuGQ5XTNt4m8e9aCt6xH2?h=abc=&u=", link)),
    ("Symantec, older", lambda link: in_query("https://clicktime.symantec.com/a/1/abcDEF=?d=xyz&u=", link)),
    ("Cisco", lambda link: in_query("https://secure-web.cisco.com/1aBcDeF-gh_Ij/", link)),
    ("Trend Micro", lambda link: in_query("https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=", link, "&umid=ABC-1&auth=0123456789abcdef-1")),
    ("Sophos", sophos), ("Sophos, other alphabet", lambda link: sophos(link, base64.urlsafe_b64encode)),
    ("Mimecast with the original", lambda link: in_query("https://url.uk.m.mimecastprotect.com/s/aBcD?domain=example.org&url=", link)),
    ("FortiMail", lambda link: in_query("https://fortimail.example.net/fmlurlsvc/?fewReq=:B:abc=&url=", link)),
    ("Avanan", lambda link: in_query("https://avanan.url-protection.com/v1/url?o=", link, "&g=abc&s=def").replace("https%3A%2F%2Facc", "https%3A//acc")),
    ("Amazon SES", lambda link: "https://x1.r.us-east-1.awstrack.me/L0/" + quote(link, safe=":") + "/1/0100-abc-000000/xyz=123"),
    ("Check Point", lambda link: f"https://protect.checkpoint.com/v2/___{link}___.YzJlOmV4YW1wbGU6YzpvOjAxMjM0"),
    ("Menlo", lambda link: f"https://safe.menlosecurity.com/{link}"),
    ("EdgePilot", lambda link: in_query("https://link.edgepilot.com/s/0a1b2c3d/xyz_-A?u=", link)),
    ("GMX", lambda link: in_query("https://deref-gmx.net/mail/client/abc/dereferrer/?redirectUrl=", link)),
    ("Slack", lambda link: in_query("https://slack-redir.net/link?url=", link, "&v=3")),
    ("Facebook", lambda link: in_query("https://l.facebook.com/l.php?u=", link, "&h=AT0")),
    ("an encoded query, small digits", lambda link: "https://go.example.net/r?to=" + quote(link, safe="").replace("%3A", "%3a").replace("%2F", "%2f")),
    ("Safe Links around urldefense v2", lambda link: safe_links(v2(link))), ("urldefense v3 around Safe Links", lambda link: v3(safe_links(link))),
    ("Safe Links around Safe Links", lambda link: safe_links(safe_links(link))), ("Google around Cisco", lambda link: google(in_query("https://secure-web.cisco.com/1aB/", link))),
]:
    one(name, rewrite(L))
    one(f"{name}, odd token", f"Link: {rewrite(ODD)} .", ODD)
    one(f"{name}, version 1", f"Link: {rewrite(OLD)} .", OLD)
one("urldefense v3 with a run", f"https://urldefense.com/v3/__https://accounts.example.org/i**Ekinv2.{ID}.{TOKEN}.{BINDING}__;I2ZraW4!!A!b$".replace("**Ekinv2.", "**Dv2."))
one("Safe Links in quoted lines", textwrap.indent(fold(safe_links(L), 70), "> "))
one("Safe Links in an anchor", f'<a href="{html.escape(safe_links(L))}" originalsrc="{html.escape(L)}">Finish</a>')
one("urldefense v2 in quoted-printable", quopri.encodestring(f"Link: {v2(L)}\n".encode()))
one("a mangled link beside an opaque one", f"Finish: https://click.example.net/f/a/abcdefghijklmnopqrstuvwxyz\n{safe_links(L)}\n")

# Mails and files
for encoding in ["quoted-printable", "base64", "7bit"]:
    one(f"a mail, {encoding}", mail(L, encoding))
    one(f"a mail of HTML, {encoding}", mail(L, encoding, kind="html"))
    one(f"a mail of both, {encoding}", mail(L, encoding, shape="alternative"))
one("a mail with Safe Links, quoted-printable", mail(safe_links(L), "quoted-printable", shape="alternative"))
one("a mail with an odd token, base64", mail(ODD, "base64"), ODD)
one("soft breaks of quoted-printable", fold(L, 30, "=\n"))
one("a body of quoted-printable", quopri.encodestring(f'<a href="{safe_links(L)}">“Finish”</a>'.encode()))
one("an encoded # of quoted-printable", L.replace("#", "=23"))
one("UTF-8 with a mark", b"\xef\xbb\xbf" + f"{L}\r\n".encode())
one("UTF-16 little-endian with a mark", b"\xff\xfe" + f"{L}\r\n".encode("utf-16-le"))
one("UTF-16 big-endian with a mark", b"\xfe\xff" + f"{L}\r\n".encode("utf-16-be"))
one("UTF-16 little-endian", f"{L}\r\n".encode("utf-16-le"))
one("UTF-16 big-endian", f"{L}\r\n".encode("utf-16-be"))
one("Latin-1 around it", "Für Ada: ".encode("latin-1") + L.encode() + " früh".encode("latin-1"))
one("a shortcut of Windows", f"[InternetShortcut]\r\nURL={L}\r\n")
one("an entry of a spreadsheet", f'"ada@example.org","{L}","2026-11-27"\r\n')

# Two
add("two invitations", f"New: {L}\nOld: {OTHER}\n", [L, OTHER])
add("text and target differ", f"[{L}]({OTHER})", [L, OTHER])
add("another host in the target", f'<a href="https://accounts.example.net/i#fkinv2.{ID}.{TOKEN}.{BINDING}">{L}</a>', [f"https://accounts.example.net/i#fkinv2.{ID}.{TOKEN}.{BINDING}", L])

# What cannot be undone
for name, text in [
    ("Mimecast", "https://protect-eu.mimecast.com/s/AbC1CDEFGHIJKLMN?domain=accounts.example.org"),
    ("Mimecast, newer", "https://url.us.m.mimecastprotect.com/s/AbCdEfGh-IjKl?domain=accounts.example.org"),
    ("Barracuda without the original", "https://linkprotect.cudasvc.com/url?b=E,1,abcdefghijkl"),
    ("bit.ly", "https://bit.ly/3AbCdEf"), ("t.co", "https://t.co/AbCdEfGhIj"), ("plain http", "http://bit.ly/3AbCdEf"),
    ("a counter of clicks", "https://click.mail.example.net/?qs=0123456789abcdef"),
    ("SendGrid", "https://u1234567.ct.sendgrid.net/ls/click?upn=u001.AbC-2BdEf_xyz-2F%20"),
    ("Mailchimp", "https://example.us1.list-manage.com/track/click?u=0123&id=45&e=67"),
    ("INKY", "https://shared.outlook.inky.com/link?domain=accounts.example.org&t=h.eJx_abc"),
    ("a whole mail", "Hello Ada,\n\nPlease finish your account:\nhttps://protect-us.mimecast.com/s/xYz9?domain=accounts.example.org\n\nRegards, http://example.org/~it\n"),
]:
    opaque(f"{name}, opaque", text)

out = json.dumps({"cases": cases}, indent=1, ensure_ascii=True) + "\n"
if "--check" in sys.argv:
    sys.exit(0 if FILE.read_text() == out else f"{FILE} is not what this writes")
FILE.write_text(out)
SEEDS = FILE.parents[2] / "fuzz/seeds/pasted_link"
SEEDS.mkdir(parents=True, exist_ok=True)
for old in SEEDS.iterdir():
    old.unlink()
for case in cases:
    name = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in case["name"]).split()).lower()
    data = case["text"].encode() if "text" in case else base64.b64decode(case["base64"])
    # The first byte says that the rest is a text.
    (SEEDS / name).write_bytes(b"\x01" + data)
