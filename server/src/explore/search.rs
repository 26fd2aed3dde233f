//! The search: first everything without trouble, then everything with one trouble, then with two,
//! and so on; each state once.
//!
//! Promise: when a level is told as done, every order of events with at most that much trouble,
//! within the bounds, was gone through up to states that are the same.

use super::event::Event;
use super::judge::{Broken, broken, rests};
use super::state::{Bounds, Machine, ModelState};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// Steps after which a fair run is taken for endless.
const REST: u32 = 200;

/// How a state was come to.
#[derive(Clone, Copy)]
struct Way {
    before: u32,
    event: Event,
    depth: u16,
}

/// A level that was begun.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    /// States that were gone on from.
    pub(super) states: u64,
    /// Events that were tried in them.
    pub(super) events: u64,
    /// States that were found and not gone on from.
    pub(super) left: u64,
    pub(super) deepest: u16,
    pub(super) ends: u64,
    pub(super) took: Duration,
}

/// What a search came to.
pub(super) struct Report {
    pub(super) levels: Vec<Level>,
    /// Distinct states.
    pub(super) states: u64,
    /// How often an event led to a state that was known.
    pub(super) met_again: u64,
    pub(super) took: Duration,
    pub(super) machine: Machine,
    pub(super) found: Option<Violation>,
}

/// A property was broken.
pub(super) struct Violation {
    pub(super) broken: Broken,
    /// What leads to it.
    pub(super) schedule: Vec<Event>,
    /// What was then done so that everything comes to rest, if it was that which showed it.
    pub(super) calm: Option<usize>,
}

/// Where to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    /// The most trouble.
    pub(super) trouble: usize,
    /// The most time; what happens without trouble is always gone through.
    pub(super) time: Duration,
}

struct Search {
    machine: Machine,
    bounds: Bounds,
    ways: Vec<Way>,
    /// The least trouble that each state takes.
    seen: HashMap<u128, u8>,
    /// States from which everything comes to rest well, for each client that may be favoured.
    calm: Vec<HashSet<u128>>,
    met_again: u64,
}

/// Searches.
pub(super) fn search(bounds: Bounds, until: Until) -> Report {
    let began = Instant::now();
    let (machine, state) = Machine::new(&bounds);
    let calm = (0..bounds.clients).map(|_| HashSet::new()).collect();
    let mut search = Search { machine, bounds, ways: Vec::new(), seen: HashMap::new(), calm, met_again: 0 };
    let mut levels = Vec::new();
    let mut queue = VecDeque::new();
    search.seen.insert(state.key(), 0);
    search.ways.push(Way { before: 0, event: Event::Start(0), depth: 0 });
    queue.push_back((state, 0_u32));
    let mut found = None;
    'levels: for trouble in 0..=until.trouble {
        let level_began = Instant::now();
        let (mut level, mut more) = (Level::default(), VecDeque::new());
        let cost = u8::try_from(trouble).expect("invariant: a handful");
        while let Some((state, way)) = queue.pop_front() {
            // Meanwhile it may have been come to with less.
            if search.seen.get(&state.key()).is_none_or(|least| *least < cost) {
                continue;
            }
            if trouble > 0 && level.states % 64 == 0 && began.elapsed() > until.time {
                level.left = queue.len() as u64 + 1;
                level.took = level_began.elapsed();
                levels.push(level);
                break 'levels;
            }
            level.states += 1;
            level.deepest = level.deepest.max(search.ways[way as usize].depth);
            if let Err(bad) = search.go_on(&state, way, cost, &mut queue, &mut more, &mut level) {
                found = Some(bad);
                levels.push(level);
                break 'levels;
            }
        }
        level.took = level_began.elapsed();
        levels.push(level);
        queue = more;
        if queue.is_empty() {
            break;
        }
    }
    let (states, met_again) = (search.seen.len() as u64, search.met_again);
    Report { levels, states, met_again, took: began.elapsed(), machine: search.machine, found }
}

impl Search {
    fn go_on(
        &mut self,
        state: &ModelState,
        way: u32,
        cost: u8,
        queue: &mut VecDeque<(ModelState, u32)>,
        more: &mut VecDeque<(ModelState, u32)>,
        level: &mut Level,
    ) -> Result<(), Violation> {
        for favoured in 0..self.calm.len() {
            self.comes_to_rest(state, favoured).map_err(|broken| self.found(way, None, broken, Some(favoured)))?;
        }
        let events = self.machine.events(state, &self.bounds);
        level.ends += u64::from(events.iter().all(|event| event.is_trouble()));
        for event in events {
            level.events += 1;
            let next = self.machine.apply(state, event).map_err(|broken| self.found(way, Some(event), broken, None))?;
            let cost = cost + u8::from(event.is_trouble());
            match self.seen.insert(next.key(), cost) {
                Some(before) if before <= cost => {
                    self.seen.insert(next.key(), before);
                    self.met_again += 1;
                    continue;
                }
                _ => {}
            }
            let number = u32::try_from(self.ways.len()).expect("invariant: memory ends before");
            let depth = self.ways[way as usize].depth + 1;
            self.ways.push(Way { before: way, event, depth });
            if event.is_trouble() { &mut *more } else { &mut *queue }.push_back((next, number));
        }
        Ok(())
    }

    /// From here, with a network that works and people who go on, everything ends well.
    fn comes_to_rest(&mut self, state: &ModelState, favoured: usize) -> Result<(), Broken> {
        self.machine.looks.no_dead_end += 1;
        let mut now = state.calmed();
        let mut on_the_way = Vec::new();
        for _ in 0..REST {
            let key = now.key();
            if self.calm[favoured].contains(&key) {
                self.calm[favoured].extend(on_the_way);
                return Ok(());
            }
            on_the_way.push(key);
            let Some(event) = now.fair(favoured) else {
                rests(&now.rows, &now.clients)?;
                self.calm[favoured].extend(on_the_way);
                return Ok(());
            };
            now.pass();
            now = self.machine.apply(&now, event)?;
        }
        broken("P4", "the network is back, and it never comes to rest")
    }

    fn found(&self, mut way: u32, last: Option<Event>, broken: Broken, calm: Option<usize>) -> Violation {
        let mut schedule: Vec<_> = last.into_iter().collect();
        while way != 0 {
            schedule.push(self.ways[way as usize].event);
            way = self.ways[way as usize].before;
        }
        schedule.reverse();
        Violation { broken, schedule, calm }
    }
}

/// Plays a schedule and tells of each step; with `calm`, what follows when nothing goes wrong any
/// more.
pub(super) fn tell(bounds: Bounds, schedule: &[Event], calm: Option<usize>) -> String {
    let (mut machine, mut state) = Machine::new(&bounds);
    let mut text = String::new();
    let mut step = |machine: &mut Machine, state: &ModelState, event: Event| {
        text += &format!("  {:<14} {}\n", event.to_string(), state.told(event));
        match machine.apply(state, event) {
            Ok(next) => {
                text += &format!("  {:<14}   {}\n", "", next.stands());
                Some(next)
            }
            Err(broken) => {
                text += &format!("  {broken}\n");
                None
            }
        }
    };
    for event in schedule {
        let Some(next) = step(&mut machine, &state, *event) else { return text };
        state = next;
    }
    let Some(favoured) = calm else { return text };
    state = state.calmed();
    for _ in 0..REST {
        let Some(event) = state.fair(favoured) else { break };
        state.pass();
        let Some(next) = step(&mut machine, &state, event) else { return text };
        state = next;
    }
    if let Err(broken) = rests(&state.rows, &state.clients) {
        text += &format!("  {broken}\n");
    }
    text
}

/// Reads a schedule as it is printed: names of events with spaces between.
pub(super) fn read(bounds: Bounds, text: &str) -> Vec<Event> {
    let (mut machine, mut state) = Machine::new(&bounds);
    let mut schedule = Vec::new();
    for name in text.split_whitespace() {
        let events = machine.events(&state, &bounds);
        let event = events.into_iter().find(|event| event.to_string() == name);
        let event = event.unwrap_or_else(|| panic!("{name} is not possible here"));
        schedule.push(event);
        match machine.apply(&state, event) {
            Ok(next) => state = next,
            Err(_) => break,
        }
    }
    schedule
}
