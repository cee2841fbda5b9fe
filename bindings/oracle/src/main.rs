//! Says what the Rust library answers: what the tests of the bindings compare theirs with.
//!
//! A request is a line of JSON on the standard input, its answer a line on the standard output. `do` says what is
//! asked for, see [`Request`]:
//!
//! ```text
//! {"do": "open", "at": 1772528400000}
//! {"ok":null}
//! {"do": "run", "by": "sys:panel", "command": {"command": "sweep"}}
//! {"ok":{"rows":0,"finished":true},"secret":null}
//! {"do": "ask", "by": "sys:panel", "question": {"question": "user", "user": "usr_01h455vb4pex5vsknk084sn02q"}}
//! {"error":{"code":"user.not_found","details":{},"kind":"not_found","message":"…","retryable":false}}
//! ```
//!
//! An answer holds `ok`, with `secret` and `events` beside it where there are any; `error`; `refused` for a login that
//! is; or `fault` for a request that cannot be read. Secrets come out in the clear, so it is for tests alone.

mod answer;
mod request;
mod world;

use std::io::{self, BufRead as _, Write as _};

use answer::Answer;
use request::Request;
use world::World;

fn main() -> io::Result<()> {
    let mut world = World::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Request>(&line?) {
            Ok(request) => world.answer(request),
            Err(error) => Answer::fault(error.to_string()),
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}
