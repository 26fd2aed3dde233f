//! From a reader to a writer, sealed or opened, of any size.
//!
//! Promise: the header is judged before anything is asked of anybody; plaintext is written only
//! after the chunk that holds it was authenticated, and whether the last chunk was there is said at
//! the end. Must never: hold more than a few chunks, or call half a file a whole one.

use super::key::AgeKey;
use super::recipient::Recipients;
use age::{DecryptError, Decryptor, Encryptor};
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
    /// It does not begin like a file of age, or like one of a newer version.
    NotAge,
    /// It is text: the armored form of such a file.
    Armored,
    /// It is sealed with a passphrase.
    Passphrase,
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
    let bytes = copy(&mut input, &mut sealed, Trouble::Input, go_on)?;
    sealed.finish().and_then(|mut output| output.flush()).map_err(Trouble::Output)?;
    Ok(bytes)
}

/// A file whose header was read.
pub struct Sealed<R>(Decryptor<R>);

impl<R: BufRead> Sealed<R> {
    /// Reads the header.
    pub fn read(mut input: R) -> Result<Self, Trouble> {
        let begin = input.fill_buf().map_err(Trouble::Input)?;
        if begin.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
            return Err(Trouble::Armored);
        }
        let begins_well = begin.starts_with(b"age-encryption.org/v1\n");
        let decryptor = Decryptor::new_buffered(input).map_err(|error| match error {
            DecryptError::Io(error) if !of_the_format(&error) => Trouble::Input(error),
            _ if begins_well => Trouble::Damaged,
            _ => Trouble::NotAge,
        })?;
        if decryptor.is_scrypt() { Err(Trouble::Passphrase) } else { Ok(Self(decryptor)) }
    }

    /// Opens it; gives the number of bytes. After an error the output has whole, authenticated
    /// chunks from the beginning, and is not all of it.
    pub fn open(self, key: &AgeKey, output: &mut impl Write, go_on: GoOn<'_>) -> Result<u64, Trouble> {
        let mut opened = self.0.decrypt(std::iter::once(key as &dyn age::Identity)).map_err(|error| match error {
            DecryptError::NoMatchingKeys => Trouble::NotForThisKey,
            _ => Trouble::Damaged,
        })?;
        let wrong = |error: io::Error| if of_the_format(&error) { Trouble::Damaged } else { Trouble::Input(error) };
        let bytes = copy(&mut opened, output, wrong, go_on)?;
        output.flush().map_err(Trouble::Output)?;
        Ok(bytes)
    }
}

/// Whether an error of a reader is about the contents and not about reading.
fn of_the_format(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    wrong: impl Fn(io::Error) -> Trouble,
    go_on: GoOn<'_>,
) -> Result<u64, Trouble> {
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
            Err(error) => return Err(wrong(error)),
        }
    }
}
