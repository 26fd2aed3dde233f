//! From a reader to a writer, sealed or opened, of any size.
//!
//! Promise: the header is judged before anything is asked of anybody; plaintext is written only
//! after the chunk that holds it was authenticated, and whether the last chunk was there is said at
//! the end. Must never: hold more than a few chunks, or call half a file a whole one.

use super::beginning::{self, Beginning};
use super::header::{Header, HeaderTrouble};
use super::key::AgeKey;
use super::payload;
use super::recipient::Recipients;
use age::{Encryptor, Identity};
use std::io::{self, BufRead, Read, Write};
use zeroize::Zeroizing;

/// What is read at once: a chunk of the format.
const CHUNK: usize = 64 * 1024;

/// Why it stopped.
#[derive(Debug)]
pub enum Trouble {
    /// The input could not be read.
    Input(io::Error),
    /// The output could not be written.
    Output(io::Error),
    /// It begins like something else, and never like a sealed file.
    Begins(Beginning),
    /// Its header is longer than this program reads.
    HeaderTooLong,
    /// It is sealed with a passphrase.
    Passphrase,
    /// None of its stanzas is for an ordinary key, so none is for any account.
    OtherKinds,
    /// None of its stanzas is for this key.
    NotForThisKey,
    /// Its header or contents were altered or cut off.
    Damaged,
    /// The person stopped the program.
    Stopped,
}

/// Bytes so far; asks whether to go on.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// Seals all of `input`; gives the number of bytes.
pub fn seal(to: &Recipients, mut input: impl Read, output: impl Write, go_on: GoOn<'_>) -> Result<u64, Trouble> {
    let encryptor = Encryptor::with_recipients(to.all()).map_err(|_| Trouble::NotForThisKey)?;
    let mut sealed = encryptor.wrap_output(output).map_err(Trouble::Output)?;
    let bytes = copy(&mut input, &mut sealed, go_on)?;
    sealed.finish().and_then(|mut output| output.flush()).map_err(Trouble::Output)?;
    Ok(bytes)
}

/// A file whose header was read.
pub struct Sealed<R> {
    header: Header,
    input: R,
}

impl<R: BufRead> Sealed<R> {
    /// Reads the header.
    pub fn read(mut input: R) -> Result<Self, Trouble> {
        match beginning::read(&mut input).map_err(Trouble::Input)? {
            Beginning::Sealed => {}
            other => return Err(Trouble::Begins(other)),
        }
        let header = Header::read(&mut input).map_err(|error| match error {
            HeaderTrouble::Input(error) => Trouble::Input(error),
            HeaderTrouble::Damaged => Trouble::Damaged,
            HeaderTrouble::ChangedAsText => Trouble::Begins(Beginning::ChangedAsText),
            HeaderTrouble::TooLong => Trouble::HeaderTooLong,
        })?;
        if header.is_of_a_passphrase() {
            Err(Trouble::Passphrase)
        } else if header.is_for_an_ordinary_key() {
            Ok(Self { header, input })
        } else {
            Err(Trouble::OtherKinds)
        }
    }

    /// Opens it; gives the number of bytes. After an error the output has whole, authenticated
    /// chunks from the beginning, and is not all of it.
    pub fn open(self, key: &AgeKey, output: &mut impl Write, go_on: GoOn<'_>) -> Result<u64, Trouble> {
        let Self { header, mut input } = self;
        let file_key = match header.stanzas().iter().find_map(|stanza| key.unwrap_stanza(stanza)) {
            None => return Err(Trouble::NotForThisKey),
            Some(file_key) => file_key.map_err(|_| Trouble::Damaged)?,
        };
        let payload_key = header.payload_key(&file_key).ok_or(Trouble::Damaged)?;
        drop(file_key);
        let bytes = payload::open(&payload_key, &mut input, output, go_on)?;
        output.flush().map_err(Trouble::Output)?;
        Ok(bytes)
    }
}

fn copy(from: &mut impl Read, to: &mut impl Write, go_on: GoOn<'_>) -> Result<u64, Trouble> {
    let mut buffer = Zeroizing::new(vec![0; CHUNK]);
    let mut bytes = 0;
    loop {
        if !go_on() {
            return Err(Trouble::Stopped);
        }
        match from.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => {
                to.write_all(&buffer[..read]).map_err(Trouble::Output)?;
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Trouble::Input(error)),
        }
    }
}
