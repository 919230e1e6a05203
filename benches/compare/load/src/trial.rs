//! One trial: readings at a steady rate, each answer matched to its reading by `seq`.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::mqtt::{self, Packets};

pub const READINGS: &str = "factory/fan/data";
pub const ANSWERS: &str = "twin/out";

/// Unacknowledged messages at QoS 1; more wait.
const WINDOW: u64 = 1000;

#[derive(Clone, Copy)]
pub struct Load {
    pub port: u16,
    /// Where the answers come; the topic of the readings itself shows what the broker alone takes.
    pub answers: &'static str,
    pub at_least_once: bool,
    pub rate: f64,
    pub seconds: f64,
}

#[derive(Default)]
pub struct Outcome {
    pub sent: usize,
    pub answered: usize,
    /// Readings a second that the broker took.
    pub achieved: f64,
    /// In order, in milliseconds.
    latencies: Vec<f64>,
}

impl Outcome {
    pub fn latency(&self, part: f64) -> Option<f64> {
        let place = (self.latencies.len() as f64 * part).ceil() as usize;
        self.latencies.get(place.max(1) - 1).copied()
    }

    /// Nothing lost, the rate kept, and no answer late by a second.
    pub fn is_sustained(&self, rate: f64) -> bool {
        self.sent == self.answered
            && self.achieved >= 0.98 * rate
            && self.latency(0.99).is_some_and(|ms| ms < 1000.0)
    }
}

struct Answers {
    first: u64,
    begin: Instant,
    /// Nanoseconds from the beginning; 0 is not yet.
    sent: Vec<AtomicU64>,
    came: Vec<AtomicU64>,
    count: AtomicU64,
}

pub fn run(load: Load) -> io::Result<Outcome> {
    let readings = (load.rate * load.seconds).max(1.0) as usize;
    let stamps = || (0..readings).map(|_| AtomicU64::new(0)).collect();
    let answers = Arc::new(Answers {
        // No answer to a trial before this one is taken for one of this.
        first: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64)
            * 1000,
        begin: Instant::now(),
        sent: stamps(),
        came: stamps(),
        count: AtomicU64::new(0),
    });
    let mut listener = mqtt::connect(load.port, &format!("load-in-{}", answers.first))?;
    mqtt::subscribe(&mut listener, load.answers)?;
    let packets = Packets::new(listener.try_clone()?);
    let listening = thread::spawn({
        let answers = Arc::clone(&answers);
        move || answers.listen(packets)
    });
    let publisher = mqtt::connect(load.port, &format!("load-out-{}", answers.first))?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut packets = Packets::new(publisher.try_clone()?);
    let counting = thread::spawn({
        let acknowledged = Arc::clone(&acknowledged);
        move || {
            while packets.fill() {
                while let Some((kind, _)) = packets.next() {
                    acknowledged.fetch_add(u64::from(kind == 4), Ordering::AcqRel);
                }
            }
        }
    });
    let (sent, took) = send(load, &publisher, &answers, &acknowledged)?;
    // Until all have come, or none comes any more.
    let (mut last, mut quiet) = (0, Instant::now());
    loop {
        let count = answers.count.load(Ordering::Acquire);
        if count != last {
            (last, quiet) = (count, Instant::now());
        }
        if count as usize >= sent || quiet.elapsed() > Duration::from_secs(2) {
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
    mqtt::disconnect(&publisher);
    mqtt::disconnect(&listener);
    let _ = (listening.join(), counting.join());
    let mut latencies: Vec<f64> = answers.latencies().collect();
    latencies.sort_by(f64::total_cmp);
    Ok(Outcome {
        sent,
        answered: latencies.len(),
        achieved: sent as f64 / took.as_secs_f64().max(load.seconds),
        latencies,
    })
}

fn send(
    load: Load,
    mut publisher: &std::net::TcpStream,
    answers: &Answers,
    acknowledged: &AtomicU64,
) -> io::Result<(usize, Duration)> {
    let total = answers.sent.len();
    let begin = Instant::now();
    let give_up = Duration::from_secs_f64(1.3 * load.seconds + 1.0);
    let (mut next, mut bytes, mut payload) = (0, Vec::new(), Vec::new());
    while next < total && begin.elapsed() < give_up {
        let due = ((begin.elapsed().as_secs_f64() * load.rate) as usize + 1).min(total);
        if next >= due {
            let wait = next as f64 / load.rate - begin.elapsed().as_secs_f64();
            thread::sleep(Duration::from_secs_f64(wait.max(1e-5)));
            continue;
        }
        let open = if load.at_least_once {
            (acknowledged.load(Ordering::Acquire) + WINDOW) as usize
        } else {
            total
        };
        let upto = due.min(next + 200).min(open);
        if upto <= next {
            thread::sleep(Duration::from_micros(50));
            continue;
        }
        bytes.clear();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        for number in next..upto {
            let wave = (number as f64 * 0.01).sin();
            payload.clear();
            write!(
                payload,
                r#"{{"temp":{:.2},"rpm":{:.1},"current":{:.3},"vibration":{:.4},"timestamp":{now},"seq":{}}}"#,
                36.0 + 6.0 * wave,
                2000.0 + 300.0 * wave,
                1.1 + 0.3 * wave,
                0.05 + 0.02 * wave,
                answers.first + number as u64,
            )?;
            let packet = load.at_least_once.then_some((number % 65_535) as u16 + 1);
            mqtt::publish(READINGS, &payload, packet, &mut bytes);
        }
        let stamp = answers.begin.elapsed().as_nanos() as u64;
        for number in next..upto {
            answers.sent[number].store(stamp, Ordering::Release);
        }
        publisher.write_all(&bytes)?;
        next = upto;
    }
    Ok((next, begin.elapsed()))
}

impl Answers {
    fn listen(&self, mut packets: Packets) {
        while packets.fill() {
            let now = self.begin.elapsed().as_nanos() as u64;
            while let Some((kind, body)) = packets.next() {
                let number = (kind == 3).then(|| seq(mqtt::payload(body))).flatten();
                let place = number.and_then(|number| number.checked_sub(self.first));
                if let Some(came) = place.and_then(|place| self.came.get(place as usize))
                    && came.swap(now, Ordering::AcqRel) == 0
                {
                    self.count.fetch_add(1, Ordering::AcqRel);
                }
            }
        }
    }

    fn latencies(&self) -> impl Iterator<Item = f64> {
        let pairs = self.sent.iter().zip(&self.came);
        let pairs = pairs.map(|(sent, came)| (sent.load(Ordering::Acquire), came.load(Ordering::Acquire)));
        pairs
            .filter(|(_, came)| *came > 0)
            .map(|(sent, came)| came.saturating_sub(sent) as f64 / 1e6)
    }
}

/// The number behind `"seq":`.
fn seq(payload: &[u8]) -> Option<u64> {
    let name = br#""seq":"#;
    let at = payload.windows(name.len()).rposition(|window| window == name)?;
    let digits = payload[at + name.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0, |number, digit| 10 * number + u64::from(digit - b'0'));
    (number > 0).then_some(number)
}

/// Asks fifty times a second until an answer comes: when it came; nothing when it did not within `patience`.
pub fn answered_within(port: u16, patience: Duration) -> io::Result<Option<Instant>> {
    let client = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let mut listener = mqtt::connect(port, &format!("first-in-{client}"))?;
    mqtt::subscribe(&mut listener, ANSWERS)?;
    let mut publisher = mqtt::connect(port, &format!("first-out-{client}"))?;
    let mut packets = Packets::new(listener.try_clone()?);
    let (came, answer) = std::sync::mpsc::channel();
    let listening = thread::spawn(move || {
        while packets.fill() {
            if packets.next().is_some_and(|(kind, _)| kind == 3) {
                let _ = came.send(Instant::now());
                return;
            }
        }
    });
    let begin = Instant::now();
    let (mut bytes, mut answered) = (Vec::new(), None);
    while answered.is_none() && begin.elapsed() < patience {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let payload =
            format!(r#"{{"temp":36,"rpm":2000,"current":1.1,"vibration":0.05,"timestamp":{now},"seq":1}}"#);
        bytes.clear();
        mqtt::publish(READINGS, payload.as_bytes(), None, &mut bytes);
        publisher.write_all(&bytes)?;
        answered = answer.recv_timeout(Duration::from_millis(20)).ok();
    }
    mqtt::disconnect(&publisher);
    mqtt::disconnect(&listener);
    let _ = listening.join();
    Ok(answered)
}
