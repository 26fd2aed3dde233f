//! What is said of the way to a server.

use super::Words;
use crate::doctor::certificate::Certificate;
use crate::doctor::network::{Answer, Chain, Clock, Connection, Distrust, Name, Proxy, Shown};
use crate::port::proxy::ProxySource;
use crate::ui::date;
use crate::ui::text::system;
use firstkey_core::flow::stop::NoAnswer;

pub(super) fn proxy(proxy: &Proxy) -> Words {
    const TITLE: &str = "Proxy";
    match proxy {
        Proxy::None => Words::of(TITLE, "None is set. Servers are asked directly."),
        Proxy::Named { shown, source: ProxySource::Managed } => {
            Words::of(TITLE, format!("Servers are asked through {shown},"))
                .and("as your organisation has set it (except those in no_proxy).")
        }
        Proxy::Named { shown, source: ProxySource::System } => {
            Words::of(TITLE, format!("Servers are asked through {shown},"))
                .and("as the settings of this system say (with their exceptions).")
        }
        Proxy::Named { shown, source: ProxySource::Environment } => {
            Words::of(TITLE, format!("Servers are asked through {shown},"))
                .and("as HTTPS_PROXY or ALL_PROXY says (except those in NO_PROXY).")
        }
        Proxy::Unusable { shown } => Words::of(TITLE, format!("HTTPS_PROXY or ALL_PROXY is not an address: {shown}"))
            .then("Set it to http://HOST:PORT, or remove it."),
    }
}

pub(super) fn no_server() -> Words {
    Words::of("Server", "None was named and no account is known here, so none was asked.")
        .and("To check one: firstkey doctor --server https://HOST")
}

pub(super) fn name(name: &Name) -> Words {
    const TITLE: &str = "Its name";
    match (name.addresses, name.by_proxy) {
        (_, true) => Words::of(TITLE, format!("The proxy looks {} up.", name.host)),
        (Some(1), _) => Words::of(TITLE, format!("{} has 1 address.", name.host)),
        (Some(count), _) if count > 0 => Words::of(TITLE, format!("{} has {count} addresses.", name.host)),
        _ => Words::of(TITLE, format!("This network does not know {}.", name.host))
            .then("Compare it with the invite's e-mail, letter by letter.")
            .then("If it is right, connect to your company's network (VPN) and try again."),
    }
}

pub(super) fn connection(connection: Connection) -> Words {
    const TITLE: &str = "The way there";
    let why = match connection {
        Connection::Stands => return Words::of(TITLE, "Connected."),
        Connection::Failed(why) => why,
    };
    match why {
        NoAnswer::NoSuchHost => Words::of(TITLE, "No server has that name.")
            .then("Compare the name with the invite's e-mail, letter by letter."),
        NoAnswer::NoConnection | NoAnswer::NotConnected => {
            Words::of(TITLE, "No server answers there, or a firewall is in between.")
                .then("Try another network, or your company's VPN.")
                .then("If others cannot reach it either, tell the server's administrator.")
        }
        NoAnswer::Certificate | NoAnswer::CertificateDates => {
            Words::of(TITLE, "This computer could not set up a secure connection.").then(system::authorities())
        }
        NoAnswer::Broken => Words::of(TITLE, "The connection broke before an answer came.")
            .then("Check that the address begins with https:// and has the right port.")
            .then("If so, something in between ends connections: ask your IT."),
        NoAnswer::TimedOut => Words::of(TITLE, "No answer came in time.")
            .then("Try another network, or your company's VPN or proxy (HTTPS_PROXY)."),
        NoAnswer::Busy => Words::of(TITLE, "It says that it is busy.").then("Try again in a few minutes."),
    }
}

pub(super) fn shown(shown: &Shown) -> Words {
    const TITLE: &str = "Its certificate";
    match shown {
        Shown::Plain => Words::of(TITLE, "None: this is plain HTTP, which is allowed on this computer only.")
            .and("That is fine for a demonstration or a test."),
        Shown::Chain(chain) => of_chain(TITLE, chain),
    }
}

fn of_chain(title: &'static str, chain: &Chain) -> Words {
    let version = chain.version.map(|version| format!("TLS {}, ", version.name())).unwrap_or_default();
    let length = if chain.length == 1 { "1 certificate".to_owned() } else { format!("{} certificates", chain.length) };
    let mut words = Words::of(title, format!("{version}{length}."));
    let Some(own) = &chain.own else {
        return distrusted(words.and("The server's own certificate cannot be read."), chain, None);
    };
    words = words
        .and(format!("It was issued by \"{}\".", own.issuer.as_str()))
        .and("If that is your company, its proxy can read this traffic, but not your keys.");
    if let Some(last) = chain.last.as_ref().filter(|last| last.issuer != own.issuer) {
        words = words.and(format!("The last one sent was issued by \"{}\".", last.issuer.as_str()));
    }
    words = words.and(format!("Valid from {} to {}.", date::short(own.not_before), date::short(own.not_after)));
    if chain.distrust.is_none() && chain.ends_soon() {
        return words.and("That is soon.").then("Tell the server's administrator, unless it is renewed automatically.");
    }
    distrusted(words, chain, Some(own))
}

fn distrusted(words: Words, chain: &Chain, own: Option<&Certificate>) -> Words {
    const TOLD: &str = "Tell the server's administrator. The server learned nothing.";
    let Some(distrust) = chain.distrust else { return words };
    let here = date::short(chain.now);
    match distrust {
        Distrust::Ended => words
            .and(format!("It has expired: this computer's clock says {here}."))
            .then("If that is not the time, set the clock. If it is, tell the server's administrator."),
        Distrust::NotBegun => words
            .and(format!("It is not valid yet: this computer's clock says {here}."))
            .then("If that is not the time, set the clock. If it is, tell the server's administrator."),
        Distrust::OtherName => {
            let of = own.map(|own| format!(" It is for \"{}\".", own.subject.as_str())).unwrap_or_default();
            words
                .and(format!("It is for a different name.{of}"))
                .then("Compare the address with the invite's e-mail, letter by letter.")
        }
        Distrust::UnknownIssuer => words
            .and("This computer does not trust that issuer. The server learned nothing.")
            .then("If the issuer is your company, get its certificate from your IT as a PEM")
            .then("file, and name it with --ca-file PATH. The company can then read what passes,")
            .then("but not your password or keys. If you do not know the issuer, stop:")
            .then("somebody may be in between."),
        Distrust::Revoked => words.and("Its issuer has revoked it.").then(TOLD),
        Distrust::Other => words.and("It does not prove who the server is.").then(TOLD),
    }
}

pub(super) fn answer(answer: Answer) -> Words {
    const TITLE: &str = "Its answer";
    match answer {
        Answer::Speaks => Words::of(TITLE, "An account server answered, in this program's protocol."),
        Answer::Away => Words::of(TITLE, "It says that it is busy or cannot answer now.")
            .then("Try again in a few minutes. If that does not help, tell its administrator."),
        Answer::WebPage => {
            Words::of(TITLE, "A web page answered instead of the server: often a network's log-in page.")
                .then("Open any page in a browser, log in to the network, then run this again.")
        }
        Answer::Strange(status) => {
            Words::of(TITLE, format!("Something other than a firstkey account server answered (status {status})."))
                .and("If you use a server of Infisical's kind, that is right.")
                .then("If not, compare the address with the invite's e-mail.")
        }
    }
}

pub(super) fn clock(clock: Clock) -> Words {
    const TITLE: &str = "Clock";
    let here = date::short(clock.here);
    let (Some(apart), Some(there)) = (clock.apart(), clock.there) else {
        return Words::of(TITLE, format!("This computer says {here}. The server does not say."))
            .then("Check whether that is the time.");
    };
    if clock.agrees() {
        return Words::of(TITLE, format!("This computer and the server agree on the time: {here}."));
    }
    let which = if clock.here > there { "ahead of" } else { "behind" };
    Words::of(TITLE, format!("This computer is {} {which} the server.", duration(apart)))
        .and(format!("This computer says {here}, the server {}.", date::short(there)))
        .then("Set this computer's clock, best automatically (NTP). If it is right,")
        .then("tell the server's administrator.")
}

/// `7 minutes`, `3 days`, `10 years`.
fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const YEAR: u64 = 365 * DAY;
    let (unit, name) = match seconds {
        _ if seconds >= 2 * YEAR => (YEAR, "years"),
        _ if seconds >= 2 * DAY => (DAY, "days"),
        _ if seconds >= 2 * HOUR => (HOUR, "hours"),
        _ => (MINUTE, "minutes"),
    };
    format!("{} {name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_said_in_one_unit() {
        let said = [301, 7_200, 3 * 86_400, 10 * 365 * 86_400 + 86_400 * 2].map(duration);
        assert_eq!(said, ["5 minutes", "2 hours", "3 days", "10 years"]);
    }
}
