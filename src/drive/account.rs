//! The same edges as the world of a flow on an account that exists.

use super::{Edges, Person, Server, Shelf, Stretch};
use firstkey_core::crypto::kdf::{Profile, StretchJob, Stretched};
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::stop::{Halt, LocalTrouble};
use firstkey_core::flow::world::World;
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::secret::SessionToken;
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::Outbound;
use firstkey_estimator::Zxcvbn;
use std::time::{Duration, Instant};

impl<P, S, H, K, C, F> World for Edges<'_, P, S, H, K, C>
where
    P: Person,
    S: Server,
    H: Shelf,
    K: Stretch,
    C: Fn() -> F,
    F: Future<Output = ()>,
{
    fn managed(&self) -> Option<&ManagedRealm> {
        self.server.managed()
    }

    fn ask(&mut self, question: Question) -> Answer {
        self.person.ask(question)
    }

    fn tell(&mut self, notice: &Notice) {
        self.person.tell(notice);
    }

    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble> {
        self.stretch.prepare(profile)
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<Stretched, Halt> {
        let profile = job.block.profile;
        self.person.stretching(profile);
        let began = Instant::now();
        let stretched = tokio::select! {
            biased;
            result = self.stretch.run(job) => result.map_err(Halt::Local)?,
            () = (self.stopped)() => return Err(Halt::Cancelled),
        };
        self.person.stretched(profile, began.elapsed());
        Ok(stretched)
    }

    async fn send(&mut self, request: &Outbound, session: Option<&SessionToken>) -> Result<Response, Halt> {
        self.person.reached(self.server.route(request.origin()));
        self.shelf.record(request);
        let server = &mut *self.server;
        let sent = async {
            match session {
                Some(session) => server.send_in(session, request).await,
                None => server.send(request).await,
            }
        };
        tokio::select! {
            biased;
            result = sent => result.map_err(Halt::Silent),
            () = (self.stopped)() => Err(Halt::Cancelled),
        }
    }

    fn may_have_left(&self) -> bool {
        self.server.may_have_left()
    }

    async fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = (self.stopped)() => Err(Halt::Cancelled),
        }
    }

    fn estimator(&self) -> &dyn Estimator {
        &Zxcvbn
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.shelf.conclude(pin)
    }
}
