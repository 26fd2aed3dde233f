//! The way to a server, by the client's own connections.
//!
//! Promise: the one request that is sent is a log-out without a session: it says nothing about
//! anybody and changes nothing. Must never: connect in another way than a command would.

use super::Page;
use crate::doctor::DoctorFinding;
use crate::doctor::network::{Answer, Clock, Connection, Name, Proxy, Shown};
use crate::drive::Server;
use crate::port::http::{HttpServer, Limits};
use crate::port::proxy::{ProxySource, ProxyWish, Route};
use crate::port::sight::Sight;
use crate::port::trust::Trust;
use crate::ui::text::doctor as text;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn proxy(wish: Option<&(ProxyWish, ProxySource)>) -> DoctorFinding {
    DoctorFinding::Proxy(match wish {
        None => Proxy::None,
        Some((wish, source)) if wish.is_usable() => Proxy::Named { shown: wish.shown().to_owned(), source: *source },
        Some((wish, _)) => Proxy::Unusable { shown: wish.shown().to_owned() },
    })
}

/// Looks at one server.
pub(super) async fn server(origin: &Origin, trusted: &Trust, proxy: Option<&ProxyWish>, page: &mut Page) {
    page.say(&text::asking(origin.host()));
    let by_proxy = ProxyWish::route(proxy, origin) != Route::Direct;
    let name = Name {
        host: origin.host().to_owned(),
        addresses: if by_proxy { None } else { addresses(origin).await },
        by_proxy,
    };
    page.tell(&DoctorFinding::Name(name), Some(origin));
    let sight = Arc::new(Sight::default());
    let mut server = HttpServer::new(Limits::default(), trusted.clone(), proxy.cloned()).watched(sight.clone());
    let answer = server.send(&Outbound::bare(origin, Endpoint::Logout)).await;
    let chain = sight.chain();
    let connection = match &answer {
        Err(why) if chain.as_ref().is_none_or(|chain| chain.distrust.is_none()) => Connection::Failed(*why),
        // A certificate was refused: the way is there.
        Ok(_) | Err(_) => Connection::Stands,
    };
    page.tell(&DoctorFinding::Connection(connection), Some(origin));
    match chain {
        Some(chain) => page.tell(&DoctorFinding::Shown(Shown::Chain(Box::new(chain))), Some(origin)),
        None if origin.is_loopback_http() && answer.is_ok() => {
            page.tell(&DoctorFinding::Shown(Shown::Plain), Some(origin))
        }
        None => {}
    }
    if let Ok(answer) = answer {
        page.tell(&DoctorFinding::Answer(Answer::of(&answer)), Some(origin));
        let here = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        page.tell(&DoctorFinding::Clock(Clock { here, there: sight.date() }), Some(origin));
    }
}

/// How many addresses the name has here.
async fn addresses(origin: &Origin) -> Option<usize> {
    let (_, authority) = origin.as_str().split_once("://")?;
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let named = if has_port { authority.to_owned() } else { format!("{authority}:443") };
    let found = tokio::time::timeout(Limits::default().connect, tokio::net::lookup_host(named)).await;
    Some(found.ok()?.ok()?.count())
}
