//! A mail server on loopback that does what the test wrote into its script, and remembers
//! everything (RFC 5321, RFC 3207, RFC 4954).

use base64ct::{Base64, Encoding};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The user and the password that a server with a login wants.
pub(crate) const LOGIN: (&str, &str) = ("firstkey", "a password for mail");

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the last byte of the letter.
    End,
}

/// What the server does there instead of saying yes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Do {
    Say(&'static str),
    /// Closes the connection without a word.
    HangUp,
}

/// A letter as it came, whether or not its sender was told so.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) mail: String,
    pub(crate) rcpt: String,
    pub(crate) data: Vec<u8>,
    pub(crate) encrypted: bool,
    pub(crate) logged_in: bool,
    /// Whether the sender was told that it arrived.
    pub(crate) told: bool,
}

/// How the server is set up.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    pub(crate) start_tls: Option<TlsAcceptor>,
    pub(crate) implicit_tls: Option<TlsAcceptor>,
    pub(crate) wants_login: bool,
    pub(crate) utf8: bool,
    /// It does not take eight bits.
    pub(crate) seven_bits: bool,
}

#[derive(Default)]
struct Seen {
    taken: Mutex<Vec<Taken>>,
    connections: Mutex<usize>,
}

pub(crate) struct MailServer {
    pub(crate) port: u16,
    seen: Arc<Seen>,
    script: Arc<Mutex<VecDeque<(At, Do)>>>,
}

/// A certificate authority of our own; its certificate lies in the folder as `ca.pem`.
pub(crate) fn tls_for(host: &str, folder: &Path) -> TlsAcceptor {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let root = authority.self_signed(&key).expect("a root");
    std::fs::write(folder.join("ca.pem"), root.pem()).expect("written");
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec![host.to_owned()]).expect("a name").signed_by(&own, &issuer).expect("signed");
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("TLS 1.2 and 1.3").with_no_client_auth();
    let config = config.with_single_cert(vec![leaf.der().clone()], private).expect("a usable certificate");
    TlsAcceptor::from(Arc::new(config))
}

impl MailServer {
    /// Starts it; the faults of the script happen one after the other, each at the first step that
    /// it names.
    pub(crate) async fn start(setup: Setup, script: &[(At, Do)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let seen = Arc::new(Seen::default());
        let script = Arc::new(Mutex::new(script.iter().copied().collect::<VecDeque<_>>()));
        let (theirs, plan) = (Arc::clone(&seen), Arc::clone(&script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *theirs.connections.lock().expect("whole") += 1;
                let talk = Talk { setup: setup.clone(), seen: Arc::clone(&theirs), script: Arc::clone(&plan) };
                tokio::spawn(async move {
                    let stream: Box<dyn Stream> = match talk.setup.implicit_tls.clone() {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => Box::new(stream),
                            Err(_) => return,
                        },
                        None => Box::new(stream),
                    };
                    // A client that goes away is part of the tests.
                    let _ = talk.hold(stream).await;
                });
            }
        });
        Self { port, seen, script }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.seen.taken.lock().expect("whole").clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.seen.connections.lock().expect("whole")
    }

    /// Whether every fault of the script has happened.
    pub(crate) fn script_is_done(&self) -> bool {
        self.script.lock().expect("whole").is_empty()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Talk {
    setup: Setup,
    seen: Arc<Seen>,
    script: Arc<Mutex<VecDeque<(At, Do)>>>,
}

impl Talk {
    /// The script's fault for this step, if it is the next one.
    fn fault(&self, at: At) -> Option<Do> {
        let mut script = self.script.lock().expect("whole");
        let due = script.front().is_some_and(|(step, _)| *step == at);
        due.then(|| script.pop_front().expect("there was one").1)
    }

    async fn hold(&self, stream: Box<dyn Stream>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut encrypted, mut logged_in) = (self.setup.implicit_tls.is_some(), false);
        let (mut mail, mut rcpt) = (String::new(), String::new());
        if !self.answer(&mut stream, At::Greeting, "220 mail.example.org").await? {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let go_on = match verb.as_str() {
                "EHLO" => {
                    let hello = self.hello(encrypted);
                    stream.write_all(hello.as_bytes()).await?;
                    true
                }
                "STARTTLS" => {
                    if !self.answer(&mut stream, At::StartTls, "220 go on").await? {
                        return Ok(());
                    }
                    let tls = self.setup.start_tls.clone().expect("offered");
                    let upgraded = tls.accept(stream.into_inner()).await?;
                    stream = BufReader::new(Box::new(upgraded));
                    encrypted = true;
                    true
                }
                "AUTH" => {
                    let (user, password) = LOGIN;
                    let right = Base64::encode_string(format!("\0{user}\0{password}").as_bytes());
                    logged_in = line == format!("AUTH PLAIN {right}");
                    let usual = if logged_in { "235 welcome" } else { "535 5.7.8 no such login" };
                    self.answer(&mut stream, At::Auth, usual).await?
                }
                "MAIL" if self.setup.wants_login && !logged_in => {
                    stream.write_all(b"530 5.7.0 log in first\r\n").await?;
                    true
                }
                "MAIL" => {
                    line.clone_into(&mut mail);
                    self.answer(&mut stream, At::Mail, "250 fine").await?
                }
                "RCPT" => {
                    line.clone_into(&mut rcpt);
                    self.answer(&mut stream, At::Rcpt, "250 fine").await?
                }
                "DATA" => {
                    if let Some(fault) = self.fault(At::Data) {
                        act(&mut stream, Some(fault), "").await?
                    } else {
                        stream.write_all(b"354 go on\r\n").await?;
                        let data = read_data(&mut stream).await?;
                        let fault = self.fault(At::End);
                        let (mail, rcpt, told) = (mail.clone(), rcpt.clone(), fault.is_none());
                        let taken = Taken { mail, rcpt, data, encrypted, logged_in, told };
                        self.seen.taken.lock().expect("whole").push(taken);
                        act(&mut stream, fault, "250 taken").await?
                    }
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => {
                    stream.write_all(b"250 fine\r\n").await?;
                    true
                }
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    fn hello(&self, encrypted: bool) -> String {
        let mut hello = "250-mail.example.org\r\n".to_owned();
        if !self.setup.seven_bits {
            hello.push_str("250-8BITMIME\r\n");
        }
        if self.setup.start_tls.is_some() && !encrypted {
            hello.push_str("250-STARTTLS\r\n");
        }
        if self.setup.utf8 {
            hello.push_str("250-SMTPUTF8\r\n");
        }
        // A login is offered where nobody listens in.
        let _ = write!(hello, "250 {}\r\n", if encrypted || self.setup.wants_login { "AUTH PLAIN" } else { "HELP" });
        hello
    }

    async fn answer(&self, stream: &mut BufReader<Box<dyn Stream>>, at: At, usual: &str) -> std::io::Result<bool> {
        act(stream, self.fault(at), usual).await
    }
}

/// Says what is to be said; false if the connection is closed.
async fn act(stream: &mut BufReader<Box<dyn Stream>>, fault: Option<Do>, usual: &str) -> std::io::Result<bool> {
    let line = match fault {
        None => usual,
        Some(Do::Say(line)) => line,
        Some(Do::HangUp) => return Ok(false),
    };
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await?;
    Ok(!line.starts_with("421"))
}

/// Up to the lone dot, with doubled dots undone.
async fn read_data(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(data);
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
